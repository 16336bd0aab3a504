"""Middleware for proxies and the request log.

https://docs.djangoproject.com/en/6.1/topics/http/middleware/
"""

import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .json_logging import request_id

type GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("{{ cookiecutter.django_project_name }}.request")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

# IP addresses as proxies write them: 203.0.113.5, 203.0.113.5:4711, 2001:db8::1, [2001:db8::1], "[2001:db8::1]:4711"
# https://www.rfc-editor.org/rfc/rfc7239#section-6
NODE = re.compile(r"([0-9.]+)(?::[\w.-]+)?|\[([0-9a-f:.]+)\](?::[\w.-]+)?|([0-9a-f:.]+)", re.ASCII | re.IGNORECASE)


@lru_cache
def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address in an entry of ``X-Forwarded-For``, or None for others, such as ``unknown``."""
    match = NODE.fullmatch(text.strip().strip('"'))
    try:
        address = ip_address(match[match.lastindex or 0]) if match else None
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: IPv4Address | IPv6Address | None) -> bool:
    """Return whether an IP address is in ``TRUSTED_PROXIES``."""
    return address is not None and any(address in network for network in settings.TRUSTED_PROXIES)


def trusted_proxy(get_response: GetResponse) -> GetResponse:
    """Set ``REMOTE_ADDR`` to the client's IP address, or to an empty text if it is unknown.

    ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are used only if they come from a trusted proxy. The client's address is
    the last one that is not a proxy's, because the client can write those before it.
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#security_and_privacy_concerns
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        client = parse_address(request.META.get("REMOTE_ADDR", ""))
        if is_trusted(client):
            for entry in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
                address = parse_address(entry)
                if address is None:
                    break
                client = address
                if not is_trusted(client):
                    break
        else:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        request.META["REMOTE_ADDR"] = str(client or "")
        return get_response(request)

    return middleware


def request_log(get_response: GetResponse) -> GetResponse:
    """Log each request with its ID, which is taken from and returned in ``X-Request-ID``."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        sent = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id.set(sent if REQUEST_ID.fullmatch(sent) else uuid4().hex)
        start = time.perf_counter()
        response = get_response(request)
        response.headers["X-Request-ID"] = request_id.get()
        logger.info(
            "%s %s %s",
            request.method,
            request.path,
            response.status_code,
            extra={
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "duration_ms": round((time.perf_counter() - start) * 1000, 1),
                "user_id": user_id(request),
                "client": request.META.get("REMOTE_ADDR"),
            },
        )
        return response

    return middleware


def user_id(request: HttpRequest) -> str | None:
    """Return the ID of the user if the session is loaded; loading it here could fail."""
    session = getattr(getattr(request, "session", None), "_session_cache", {})
    return session.get(SESSION_KEY)
