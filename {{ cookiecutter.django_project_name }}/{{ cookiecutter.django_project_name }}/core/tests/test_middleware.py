"""What is believed about a request, and what is logged of it."""

import json
import logging
import re
from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from ..logs import JsonFormatter, NotLivez
from ..middleware import trusted_proxy


def seen(remote_addr: str, **meta: Any) -> tuple[str, bool]:
    """Return the client's address, and whether it uses HTTPS, as the site sees them."""
    request = RequestFactory().get("/", REMOTE_ADDR=remote_addr, **meta)
    trusted_proxy(lambda request: HttpResponse())(request)
    return request.META["REMOTE_ADDR"], request.is_secure()


@pytest.fixture
def behind_proxy(settings):
    """Trust proxies of the network 10.0.0.0/8."""
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("remote_addr", "forwarded_for", "client"),
    [
        ("10.0.0.2", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.2", "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.2", "203.0.113.5, 10.0.0.3", "203.0.113.5"),
        ("10.0.0.2", "10.0.0.4", "10.0.0.4"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("unix socket", "198.51.100.1", "unix socket"),
    ],
)
def test_only_a_trusted_proxy_tells_the_address(behind_proxy, remote_addr, forwarded_for, client):
    assert seen(remote_addr, HTTP_X_FORWARDED_FOR=forwarded_for)[0] == client


def test_only_a_trusted_proxy_tells_the_scheme(behind_proxy):
    assert seen("10.0.0.2", HTTP_X_FORWARDED_PROTO="https")[1]
    assert not seen("203.0.113.9", HTTP_X_FORWARDED_PROTO="https")[1]


@pytest.fixture
def lines(caplog):
    """Collect what is logged as production writes it."""
    caplog.set_level(logging.INFO)
    written: list[dict[str, Any]] = []

    class Collect(logging.Handler):
        def emit(self, record):
            written.append(json.loads(JsonFormatter().format(record)))

    handler = Collect()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_each_request_is_one_line(logged_in, user, lines):
    response = logged_in.get(reverse("password_change"), headers={"x-request-id": "abc-123"})
    assert response.headers["X-Request-ID"] == "abc-123"
    [line] = [line for line in lines if line["logger"].endswith(".request")]
    assert line["request_id"] == "abc-123"
    assert (line["method"], line["path"], line["status"]) == ("GET", reverse("password_change"), 200)
    assert line["user_id"] == str(user.pk)
    assert line["duration_ms"] > 0


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, '"}'])
def test_a_request_id_that_is_none_is_replaced(client, db, bad):
    response = client.get("/", headers={"x-request-id": bad})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_no_password_and_no_token_is_logged(client, user, lines):
    client.post(reverse("login"), {"username": user.username, "password": "hunter2-wrong"})
    token = default_token_generator.make_token(user)
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    client.get(reverse("password_reset_confirm", args=[uid, token]))
    assert lines
    assert "hunter2" not in json.dumps(lines)
    assert token not in json.dumps(lines)


def test_an_error_is_one_line_with_its_traceback():
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        exc_info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("name", logging.ERROR, "path", 1, "It %s", ("failed",), exc_info)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "It failed"
    assert "RuntimeError: broken" in json.loads(line)["exception"]


def test_livez_leaves_no_line_in_development():
    def written(message):
        return NotLivez().filter(logging.LogRecord("django.server", logging.INFO, "", 1, message, (), None))

    assert not written('"GET /livez HTTP/1.1" 200 2')
    assert written('"GET / HTTP/1.1" 200 2')
