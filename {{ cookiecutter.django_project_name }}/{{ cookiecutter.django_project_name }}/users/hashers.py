"""How passwords are hashed.

https://docs.djangoproject.com/en/6.1/topics/auth/passwords/
"""

from threading import Lock

from django.contrib.auth import hashers

# A process hashes one password at a time: it costs a CPU and memory, and strangers at the login page decide how often.
lock = Lock()


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id with OWASP's parameters, where Django's take 100 MiB for each password that is checked.

    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Return the hash of a password, with its parameters."""
        with lock:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Tell whether a hash, which may have other parameters, is that of the password."""
        with lock:
            return super().verify(password, encoded)
