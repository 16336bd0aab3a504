"""What is logged, what is emailed to ADMINS, and what must be in neither."""

import json
import logging
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from ...conftest import REQUIRED
from .. import error_emails
from ..error_emails import AdminEmailHandler
from ..json_logging import JsonFormatter, TextFormatter
from ..redaction import redact

logger = logging.getLogger("shop")


class Unwritable:
    """A value that has no text."""

    def __str__(self) -> str:
        raise RuntimeError


def test_what_extra_adds_is_in_the_line(lines):
    logger.info("paid", extra={"order_id": 7, "tags": ["a", "ä"]})
    [line] = lines
    assert (line["message"], line["order_id"], line["tags"]) == ("paid", 7, ["a", "ä"])
    assert set(line) == {"time", "level", "logger", "message", "request_id", "order_id", "tags"}


def test_nothing_breaks_a_line(lines):
    circle: list[Any] = []
    circle.append(circle)
    values = {"unwritable": Unwritable(), "circle": circle, "key": {(1, 2): 3}, "nan": float("nan"), "half": "\udc80"}
    logger.info("paid", extra=values)
    [line] = lines
    assert set(values) < set(line)
    record = logging.LogRecord("shop", logging.INFO, "", 1, "%d paid", (Unwritable(),), None)
    assert json.loads(JsonFormatter().format(record))["message"] == "%d paid"


def test_the_query_of_a_request_is_not_logged(client, db, lines):
    client.get("/nowhere?email=ada@example.com")
    assert {line["logger"].partition(".")[2] for line in lines} == {"request"}
    assert "ada@example.com" not in json.dumps(lines)


def test_an_error_is_one_line_with_its_traceback(lines):
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logger.exception("It %s", "failed", stack_info=True)
    [line] = lines
    assert line["message"] == "It failed"
    assert "RuntimeError: broken" in line["exception"]
    assert "test_an_error" in line["stack"]


def test_no_password_is_logged(client, user, lines):
    client.post(reverse("login"), {"username": user.get_username(), "password": "hunter2-wrong"})
    assert lines
    assert "hunter2" not in json.dumps(lines)


@pytest.fixture
def reset_link(user) -> str:
    """The link of an email that resets a password, as far as its token."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])


@pytest.mark.parametrize("ending", ["", ".", "/more", None])
@pytest.mark.parametrize("https", [True, False])
def test_no_token_is_logged(client, settings, reset_link, lines, ending, https):
    settings.SECURE_SSL_REDIRECT = True
    address = reset_link if ending is None else reset_link.rstrip("/") + ending
    client.get(address, secure=https)
    client.get(f"{reverse('login')}?next={quote(reset_link, safe='')}", secure=https)
    assert len(lines) >= 2
    assert reset_link.split("/")[-2] not in json.dumps(lines)


FORMS = [
    "{link}",
    "https://example.com{link}?x=1#y",
    "GET '{link}.'",
    '"Referer": "https://example.com{link}"',
    "?next={quoted}&x=1",
    "?next={twice}",
    "//accounts//reset//Mg//{token}",
    "a bare {token}.",
    "/reset/Mg/a-token-of-another-form",
    "/accounts/reset/Mg/a-token-of-another-form/",
    "%2Freset%2FMg%2Fa-token-of-another-form%2F",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_token_is_redacted_wherever_it_stands(reset_link, form):
    token = reset_link.split("/")[-2]
    quoted = quote(reset_link, safe="").replace("-", "%2D")
    text = form.format(link=reset_link, quoted=quoted, twice=quote(quoted, safe=""), token=token)
    for secret in (token, token.split("-")[1], "a-token"):
        assert secret not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text", ["/accounts/password_reset/done/", "/accounts/reset/done/", "reset the cache", "/a-b/"]
)
def test_what_holds_no_token_stays(text):
    assert redact(text) == text


@pytest.fixture
def handler(settings, monkeypatch):
    """The handler of production, with an administrator, and with its threads ended before the next line runs."""
    settings.ADMINS = ["ada@example.com"]

    class JoinedThread(Thread):
        def start(self) -> None:
            super().start()
            self.join()

    monkeypatch.setattr(error_emails, "Thread", JoinedThread)
    # Django's own handler sends one too, which production's settings take away.
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


def test_an_error_is_emailed_once_an_hour(handler, reset_link):
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


def test_nothing_of_a_form_is_emailed(handler, client, db, monkeypatch):
    def break_down(request: HttpRequest) -> None:
        raise RuntimeError(request.method)

    monkeypatch.setattr("django.contrib.auth.forms.AuthenticationForm.is_valid", lambda form: break_down(form.request))
    client.raise_request_exception = False
    client.post(f"{reverse('login')}?q=ada-lovelace", {"username": "ada-lovelace", "password": "hunter2"})
    [message] = mail.outbox
    assert "RuntimeError: POST" in str(message.body)
    assert "ada-lovelace" not in str(message.body)
    assert "hunter2" not in str(message.body)


def test_an_email_that_cannot_be_sent_is_a_line_and_no_loop(handler, monkeypatch, lines):
    def refuse(*args: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(error_emails, "mail_admins", refuse)
    fail("order")
    assert sorted(line["level"] for line in lines) == ["ERROR", "WARNING"]


@pytest.mark.parametrize("module", ["local", "production"])
def test_the_log_level_counts_for_django_too(load, module):
    levels = {name: load(module, **REQUIRED, LOG_LEVEL=name).LOGGING for name in ("DEBUG", "CRITICAL")}
    for name, logging_settings in levels.items():
        assert logging_settings["root"]["level"] == getattr(logging, name)
        assert logging_settings["loggers"]["django"]["level"] == "NOTSET"
