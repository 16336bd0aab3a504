"""The home page."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils.html import escape

from ..connections import cache_connection, database_connection, mail_connection


def test_home_shows_the_project(client, db):
    response = client.get(reverse("home"))
    assert response.status_code == 200
    assert escape(settings.PROJECT_NAME) in response.text
    assert escape(settings.PROJECT_DESCRIPTION) in response.text


def test_home_tells_strangers_nothing_about_the_servers(client, db):
    assert "connections" not in client.get(reverse("home")).context


def test_home_tells_developers_what_is_connected(client, db, settings):
    settings.DEBUG = True
    response = client.get(reverse("home"))
    assert [connection.ok for connection in response.context["connections"]] == [True, True, True]
    assert "make superuser" in response.text


@pytest.mark.parametrize("ask", [database_connection, cache_connection])
def test_a_server_that_is_down_comes_with_a_hint(db, monkeypatch, ask):
    monkeypatch.setattr(f"{ask.__module__}.database_answers", lambda: False)
    monkeypatch.setattr(f"{ask.__module__}.cache_answers", lambda: False)
    connection = ask()
    assert not connection.ok
    assert connection.hint


def test_a_mail_server_that_is_down_comes_with_a_hint(settings):
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": smtp, "OPTIONS": {"host": "127.0.0.1", "port": 1}}}
    assert not mail_connection().ok


def test_email_that_is_off_is_no_fault(no_email):
    assert (mail_connection().kind, mail_connection().ok) == ("off", True)


def test_browsers_find_the_icon_where_no_page_names_it(client):
    assert client.get("/favicon.ico").url == "/static/core/favicon.svg"
