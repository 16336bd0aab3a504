"""What happens to a request before Django's own middleware sees it, and after.

https://docs.djangoproject.com/en/6.1/topics/http/middleware/
"""

import logging
import re
import time
from collections.abc import Callable
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

# An address as proxies write it: 203.0.113.5, 203.0.113.5:4711, 2001:db8::1, [2001:db8::1], "[2001:db8::1]:4711"
# https://www.rfc-editor.org/rfc/rfc7239#section-6
NODE = re.compile(r"([0-9.]+)(?::[\w.-]+)?|\[([0-9a-f:.]+)\](?::[\w.-]+)?|([0-9a-f:.]+)", re.ASCII | re.IGNORECASE)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address in an entry of ``X-Forwarded-For``; None for what is none, such as ``unknown``."""
    match = NODE.fullmatch(text.strip().strip('"'))
    try:
        address = ip_address(match[match.lastindex or 0]) if match else None
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: IPv4Address | IPv6Address | None) -> bool:
    """Tell whether an address belongs to ``TRUSTED_PROXIES``."""
    return address is not None and any(address in network for network in settings.TRUSTED_PROXIES)


def trusted_proxy(get_response: GetResponse) -> GetResponse:
    """Take the client's address from a proxy that is trusted, and forget what anybody else claims.

    ``REMOTE_ADDR`` becomes the client's, for logs and the throttling of logins; where no address is known, it is empty.
    ``X-Forwarded-For`` is read from the right, because what stands left of the first address that is no proxy's was
    written by the client.
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
    """Log each request when it is answered, under an id that comes from and goes to ``X-Request-ID``."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        sent = request.headers.get("X-Request-ID", "")
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
    """Return the id of the user whom the request already knows; looking it up here could fail."""
    session = getattr(getattr(request, "session", None), "_session_cache", {})
    return session.get(SESSION_KEY)
