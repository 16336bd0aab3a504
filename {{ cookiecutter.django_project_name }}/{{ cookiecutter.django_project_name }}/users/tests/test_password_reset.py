"""Password resets."""

from typing import Any

from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from ..models import User


def request_reset(client, email: str, **options: Any) -> list[str]:
    """Request a password reset, and return the texts of the emails."""
    response = client.post(reverse("password_reset"), {"email": email}, **options)
    assert (response.status_code, response.headers["Location"]) == (302, reverse("password_reset_done"))
    return [str(message.body) for message in mail.outbox]


def test_reset_for_unknown_address_looks_the_same(client, db):
    assert request_reset(client, "nobody@example.com") == []


def test_only_the_task_looks_up_users(client, user, settings):
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
    with CaptureQueriesContext(connection) as as_user:
        request_reset(client, user.email)
    with CaptureQueriesContext(connection) as as_stranger:
        request_reset(client, "nobody@example.com")
    assert mail.outbox == []
    assert len(as_user) == len(as_stranger)
    assert not [query for query in (*as_user, *as_stranger) if User._meta.db_table in query["sql"]]


def test_link_has_host_of_request(client, user, settings):
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    [text] = request_reset(client, user.email, secure=True, headers={"host": "shop.example.com"})
    assert "https://shop.example.com/accounts/reset/" in text


def test_email_is_in_language_of_request(client, user, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    [text] = request_reset(client, user.email, headers={"accept-language": "de"})
    with translation.override("de"):
        assert translation.gettext("Please go to the following page and choose a new password:") in text
    assert "Bitte" in text
