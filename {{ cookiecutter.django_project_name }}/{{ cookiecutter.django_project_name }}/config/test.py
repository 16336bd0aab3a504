"""Settings for tests: as in production where it matters, and fast where it does not."""

from django.conf import global_settings

from .base import *
from .env import env
from .services import database

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["testserver"]

DATABASES = {"default": database(default="sqlite://:memory:")}
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
STORAGES = global_settings.STORAGES | {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}

# A slow hash and strict rules protect real passwords; the tests have none.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = []

env.check()
