"""Fixtures for all tests.

https://docs.pytest.org/en/stable/how-to/fixtures.html
"""

import pytest
from django.core.cache import cache

from .users.models import User
from .users.tests.factories import UserFactory


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Start each test with an empty cache."""
    cache.clear()


@pytest.fixture
def no_email(settings) -> None:
    """Send no email, as with ``EMAIL_HOST=off``."""
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}


@pytest.fixture
def user(db) -> User:
    """A user who may log in."""
    return UserFactory.create()


@pytest.fixture
def logged_in(client, user):
    """A browser in which the user logged in."""
    client.force_login(user)
    return client
