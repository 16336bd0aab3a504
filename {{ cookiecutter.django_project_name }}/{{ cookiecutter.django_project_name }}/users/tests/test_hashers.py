"""Password hashing of production."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.urls import reverse

from ...config import base
from .factories import PASSWORD


def log_in(client, user, password=PASSWORD):
    """Submit the login form, and return whether the login succeeded."""
    return client.post(reverse("login"), {"username": user.get_username(), "password": password}).status_code == 302


def test_login_replaces_old_hash(client, user, settings):
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, iterations=1000)
    user.save()
    assert not log_in(client, user, "wrong")
    assert log_in(client, user)
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert log_in(client, user)
