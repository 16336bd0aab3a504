"""Log lines as JSON."""

import json
import logging
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse

from ...conftest import REQUIRED
from ..json_logging import JsonFormatter

logger = logging.getLogger("shop")


class Unwritable:
    """A value that has no text."""

    def __str__(self) -> str:
        raise RuntimeError


def test_line_has_extra_fields(lines):
    logger.info("paid", extra={"order_id": 7, "tags": ["a", "ä"]})
    [line] = lines
    assert (line["message"], line["order_id"], line["tags"]) == ("paid", 7, ["a", "ä"])
    assert set(line) == {"time", "level", "logger", "message", "request_id", "order_id", "tags"}


def test_unserializable_values_do_not_break_line(lines):
    circle: list[Any] = []
    circle.append(circle)
    values = {"unwritable": Unwritable(), "circle": circle, "key": {(1, 2): 3}, "nan": float("nan"), "half": "\udc80"}
    logger.info("paid", extra=values)
    [line] = lines
    assert set(values) < set(line)
    record = logging.LogRecord("shop", logging.INFO, "", 1, "%d paid", (Unwritable(),), None)
    assert json.loads(JsonFormatter().format(record))["message"] == "%d paid"


def test_query_string_is_not_logged(client, db, lines):
    client.get("/nowhere?email=ada@example.com")
    assert {line["logger"].partition(".")[2] for line in lines} == {"request"}
    assert "ada@example.com" not in json.dumps(lines)


def test_error_is_one_line_with_traceback(lines):
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logger.exception("It %s", "failed", stack_info=True)
    [line] = lines
    assert line["message"] == "It failed"
    assert "RuntimeError: broken" in line["exception"]
    assert "test_error_is_one_line" in line["stack"]


def test_password_is_not_logged(client, user, lines):
    client.post(reverse("login"), {"username": user.get_username(), "password": "hunter2-wrong"})
    assert lines
    assert "hunter2" not in json.dumps(lines)


@pytest.mark.parametrize(("ending", "https"), [("", True), ("/more", True), ("/", True), ("/", False)])
def test_token_of_password_reset_is_not_logged(client, settings, reset_link, lines, ending, https):
    settings.SECURE_SSL_REDIRECT = True
    client.get(reset_link.rstrip("/") + ending, secure=https)
    client.get(f"{reverse('login')}?next={quote(reset_link, safe='')}", secure=https)
    assert len(lines) >= 2
    assert reset_link.split("/")[-2] not in json.dumps(lines)


@pytest.mark.parametrize("module", ["local", "production"])
def test_log_level_applies_to_django(load, module):
    levels = {name: load(module, **REQUIRED, LOG_LEVEL=name).LOGGING for name in ("DEBUG", "CRITICAL")}
    for name, logging_settings in levels.items():
        assert logging_settings["root"]["level"] == getattr(logging, name)
        assert logging_settings["loggers"]["django"]["level"] == "NOTSET"
