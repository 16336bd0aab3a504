"""How passwords are hashed.

https://docs.djangoproject.com/en/6.1/topics/auth/passwords/
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from django.contrib.auth import hashers


@cache
def thread() -> ThreadPoolExecutor:
    """Return the one thread of this process that hashes.

    A hash costs a CPU and memory, and strangers at the login page decide how many there are. A lock would not do: glibc
    keeps the memory that each thread once took. https://www.man7.org/linux/man-pages/man3/mallopt.3.html
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="hasher")


# A thread does not live on in a forked process.
os.register_at_fork(after_in_child=thread.cache_clear)


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id with OWASP's parameters, where Django's take 100 MiB for each password that is checked.

    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Return the hash of a password, with its parameters."""
        return thread().submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        """Tell whether a hash, which may have other parameters, is that of the password."""
        return thread().submit(super().verify, password, encoded).result()
