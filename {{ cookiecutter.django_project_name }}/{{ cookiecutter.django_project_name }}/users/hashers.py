"""Password hashing.

https://docs.djangoproject.com/en/6.1/topics/auth/passwords/
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from django.contrib.auth import hashers


@cache
def thread() -> ThreadPoolExecutor:
    """Return the only thread of this process that hashes passwords, which limits memory under many logins.

    With a lock instead, glibc would keep the memory of each thread: https://www.man7.org/linux/man-pages/man3/mallopt.3.html
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="hasher")


# A forked process needs its own thread.
os.register_at_fork(after_in_child=thread.cache_clear)


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id with OWASP's parameters. Django's use 100 MiB.

    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Return the hash of a password."""
        return thread().submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether a hash is that of a password."""
        return thread().submit(super().verify, password, encoded).result()
