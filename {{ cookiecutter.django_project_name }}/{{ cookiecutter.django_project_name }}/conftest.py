"""Fixtures for all tests.

https://docs.pytest.org/en/stable/how-to/fixtures.html
"""

import gc
import importlib
import os
import sys

import pytest
from django.core.cache import cache

from . import config
from .users.models import User
from .users.tests.factories import create_user

# Variables that production requires
REQUIRED = {
    "SECRET_KEY": "only-for-tests-" * 5,
    "DOMAIN_NAME": "www.example.com",
    "DATABASE_URL": "postgres://app@db:5432/app",
    "REDIS_URL": "redis://cache:6379/0",
    "EMAIL_HOST": "mail",
}


def pytest_collection_finish() -> None:
    """Leave what is imported by now out of garbage collection: nothing of it is garbage, and it takes long to search."""
    gc.freeze()


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Clear the cache before each test."""
    cache.clear()


@pytest.fixture
def no_email(settings) -> None:
    """Send no email, as with ``EMAIL_HOST=off``."""
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}


@pytest.fixture
def user(db) -> User:
    """A user who can log in."""
    return create_user()


@pytest.fixture
def logged_in(client, user):
    """A client in which the user is logged in."""
    client.force_login(user)
    return client


@pytest.fixture
def load(monkeypatch):
    """Return a function that imports a module of ``config`` again, with only the variables that it is given."""

    prefix = f"{config.__name__}."

    def load(name: str, **variables: str):
        with monkeypatch.context() as patch:
            patch.setattr(os, "environ", variables)
            for module in [module for module in sys.modules if module.startswith(prefix)]:
                patch.delitem(sys.modules, module)
            return importlib.import_module(f"{config.__name__}.{name}")

    return load


@pytest.fixture
def forbid_import(monkeypatch):
    """Return a function that makes the import of a package an error."""

    def forbid(package: str) -> None:
        for module in [package, *(module for module in sys.modules if module.startswith(f"{package}."))]:
            monkeypatch.setitem(sys.modules, module, None)

    return forbid
