"""Trusted proxies and the request log."""

import logging
import re
from ipaddress import ip_network
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import path, reverse

from ...config import urls as site_urls
from ...users.tests.factories import PASSWORD
from ..middleware import trusted_proxy


def seen(remote_addr: str, **meta: Any) -> tuple[str, bool]:
    """Return the client's IP address, and whether the request uses HTTPS."""
    request = RequestFactory().get("/", REMOTE_ADDR=remote_addr, **meta)
    trusted_proxy(lambda request: HttpResponse())(request)
    return request.META["REMOTE_ADDR"], request.is_secure()


@pytest.fixture
def behind_proxy(settings):
    """Trust proxies in two networks."""
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
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
        ("unix socket", "198.51.100.1", ""),
        ("", "198.51.100.1", ""),
        ("::ffff:10.0.0.2", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.2", "203.0.113.5:4711", "203.0.113.5"),
        ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.2", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.2", '"[2001:DB8::1]:4711"', "2001:db8::1"),
        ("10.0.0.2", "::ffff:203.0.113.5", "203.0.113.5"),
        ("10.0.0.2", "203.0.113.5, [fd00::1]:4711, 10.0.0.3:_port", "203.0.113.5"),
        ("10.0.0.2", "198.51.100.1, unknown", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1, _hidden, 10.0.0.3", "10.0.0.3"),
        ("10.0.0.2", "fe80::1%eth0", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.500", "10.0.0.2"),
        ("10.0.0.2", "[203.0.113.5", "10.0.0.2"),
    ],
)
def test_client_address_comes_from_trusted_proxies_only(behind_proxy, remote_addr, forwarded_for, client):
    assert seen(remote_addr, HTTP_X_FORWARDED_FOR=forwarded_for)[0] == client


def test_client_without_address_can_log_in(client, user):
    for password, status in (("wrong", 200), (PASSWORD, 302)):
        fields = {"username": user.get_username(), "password": password}
        assert client.post(reverse("login"), fields, REMOTE_ADDR="unix socket").status_code == status


def test_scheme_comes_from_trusted_proxies_only(behind_proxy):
    assert seen("10.0.0.2", HTTP_X_FORWARDED_PROTO="https")[1]
    assert not seen("203.0.113.9", HTTP_X_FORWARDED_PROTO="https")[1]


def test_request_is_logged_in_one_line(logged_in, user, lines):
    response = logged_in.get(reverse("password_change"), headers={"x-request-id": "abc-123"})
    assert response.headers["X-Request-ID"] == "abc-123"
    [line] = [line for line in lines if line["logger"].endswith(".request")]
    assert line["request_id"] == "abc-123"
    assert (line["method"], line["path"], line["status"]) == ("GET", reverse("password_change"), 200)
    assert line["user_id"] == str(user.pk)
    assert line["duration_ms"] > 0


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, '"}'])
def test_invalid_request_id_is_replaced(client, db, bad):
    response = client.get("/", headers={"x-request-id": bad})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-ID"])


def broken(request: HttpRequest) -> HttpResponse:
    """Log a line, then raise an error."""
    logging.getLogger("view").info("before the error")
    raise RuntimeError


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    """Log a line during the response."""

    def chunks():
        yield "a"
        logging.getLogger("view").info("in the middle")
        yield "b"

    return StreamingHttpResponse(chunks())


urlpatterns = [path("broken", broken), path("streaming", streaming), *site_urls.urlpatterns]
handler500 = site_urls.handler500


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("page", ["/broken", "/streaming"])
def test_lines_have_id_of_their_request_only(db, lines, page):
    client = Client(raise_request_exception=False, headers={"x-request-id": "abc-123"})
    b"".join(client.get(page))
    [line] = [line for line in lines if line["logger"] == "view"]
    assert line["request_id"] == "abc-123"
    logging.getLogger("later").info("in the same thread")
    assert lines[-1]["request_id"] == ""
