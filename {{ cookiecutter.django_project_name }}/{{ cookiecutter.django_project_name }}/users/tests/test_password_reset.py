"""The email that resets a password."""

from typing import Any

from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from ..models import User


def ask(client, email: str, **options: Any) -> list[str]:
    """Ask for a new password, and return the texts of the emails that were sent."""
    response = client.post(reverse("password_reset"), {"email": email}, **options)
    assert (response.status_code, response.headers["Location"]) == (302, reverse("password_reset_done"))
    return [str(message.body) for message in mail.outbox]


def test_nobody_is_told_who_has_an_account(client, db):
    assert ask(client, "nobody@example.com") == []


def test_all_that_depends_on_accounts_is_done_by_the_task(client, user, settings):
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
    with CaptureQueriesContext(connection) as as_user:
        ask(client, user.email)
    with CaptureQueriesContext(connection) as as_stranger:
        ask(client, "nobody@example.com")
    assert mail.outbox == []
    assert len(as_user) == len(as_stranger)
    assert not [query for query in (*as_user, *as_stranger) if User._meta.db_table in query["sql"]]


def test_the_link_leads_to_the_site_that_was_asked(client, user, settings):
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    [text] = ask(client, user.email, secure=True, headers={"host": "shop.example.com"})
    assert "https://shop.example.com/accounts/reset/" in text


def test_the_email_is_in_the_language_of_the_page(client, user, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    [text] = ask(client, user.email, headers={"accept-language": "de"})
    with translation.override("de"):
        assert translation.gettext("Please go to the following page and choose a new password:") in text
    assert "Bitte" in text
