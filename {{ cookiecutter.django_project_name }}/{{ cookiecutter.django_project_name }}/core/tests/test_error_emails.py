"""Emails to ``ADMINS`` about errors."""

import logging
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.http import HttpRequest
from django.urls import reverse

from .. import error_emails
from ..error_emails import AdminEmailHandler
from ..json_logging import TextFormatter

logger = logging.getLogger("shop")


@pytest.fixture
def handler(settings, monkeypatch):
    """The handler of production, with an administrator, and without concurrency."""
    settings.ADMINS = ["ada@example.com"]

    class JoinedThread(Thread):
        def start(self) -> None:
            super().start()
            self.join()

    monkeypatch.setattr(error_emails, "Thread", JoinedThread)
    # Production's settings remove Django's handler.
    monkeypatch.setattr(logging.getLogger("django"), "handlers", [])
    handler = AdminEmailHandler()
    handler.setLevel(logging.ERROR)
    handler.setFormatter(TextFormatter())
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def fail(message: str) -> None:
    """Log an error with its traceback."""
    try:
        raise RuntimeError(message)
    except RuntimeError:
        logger.exception("%s failed", message)


def test_error_is_emailed_once_an_hour(handler, reset_link):
    for number in range(50):
        fail(f"order {number}")
    [message] = mail.outbox
    assert message.to == ["ada@example.com"]
    assert message.subject.endswith("ERROR: order 0 failed")
    assert "RuntimeError: order 0" in str(message.body)
    logger.error("another error at %s", reset_link)
    assert len(mail.outbox) == 2
    assert reset_link not in f"{mail.outbox[1].subject}{mail.outbox[1].body}"
    handler.INTERVAL = 0
    handler.silent_until.clear()
    fail("order 1")
    fail("order 2")
    assert len(mail.outbox) == 4


def test_form_data_is_not_emailed(handler, client, db, monkeypatch):
    def break_down(request: HttpRequest) -> None:
        raise RuntimeError(request.method)

    monkeypatch.setattr("django.contrib.auth.forms.AuthenticationForm.is_valid", lambda form: break_down(form.request))
    client.raise_request_exception = False
    client.post(f"{reverse('login')}?q=ada-lovelace", {"username": "ada-lovelace", "password": "hunter2"})
    [message] = mail.outbox
    assert "RuntimeError: POST" in str(message.body)
    assert "ada-lovelace" not in str(message.body)
    assert "hunter2" not in str(message.body)


def test_failed_email_is_logged_once(handler, monkeypatch, lines):
    def refuse(*args: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(error_emails, "mail_admins", refuse)
    fail("order")
    assert sorted(line["level"] for line in lines) == ["ERROR", "WARNING"]
