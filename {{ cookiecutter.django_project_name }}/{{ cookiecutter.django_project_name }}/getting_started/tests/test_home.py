"""The guide on the home page."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from ... import getting_started
from ..connections import cache_connection, database_connection, mail_connection


def test_home_shows_connections(client, db, settings):
    settings.INSTALLED_APPS = [getting_started.__name__, *settings.INSTALLED_APPS]
    page = client.get(reverse("home")).text
    assert "make superuser" in page
    assert "getting_started/style.css" in page
    assert page.count('class="state"') == 3
    assert escape(settings.PROJECT_NAME) in page


@pytest.mark.parametrize("ask", [database_connection, cache_connection])
def test_stopped_server_has_hint(db, monkeypatch, ask):
    monkeypatch.setattr(f"{ask.__module__}.database_answers", lambda: False)
    monkeypatch.setattr(f"{ask.__module__}.cache_answers", lambda: False)
    connection = ask()
    assert not connection.ok
    assert connection.hint


def test_stopped_mail_server_has_hint(settings):
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": smtp, "OPTIONS": {"host": "127.0.0.1", "port": 1}}}
    assert not mail_connection().ok


def test_email_that_is_off_is_ok(no_email):
    assert (mail_connection().kind, mail_connection().ok) == ("off", True)
