"""Settings for tests."""

from .base import *
from .env import env
from .integrations.database import database

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["testserver"]

DATABASES = {"default": database(default="sqlite://:memory:")}
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
STORAGES = STORAGES | {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}

# Fast
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = []

env.check()
