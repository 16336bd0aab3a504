"""What happens to a request before Django's own middleware sees it, and after.

https://docs.djangoproject.com/en/6.1/topics/http/middleware/
"""

import logging
import re
import time
from collections.abc import Callable
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from .logs import request_id

type GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("{{ cookiecutter.django_project_name }}.request")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def livez(get_response: GetResponse) -> GetResponse:
    """Answer ``/livez`` before anything that can fail: this process serves.

    Those who ask know neither the host name nor HTTPS, and ask every few seconds.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/livez":
            return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})
        return get_response(request)

    return middleware


@cache
def networks(addresses: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    """Parse the addresses and networks of ``TRUSTED_PROXIES``."""
    return [ip_network(address, strict=False) for address in addresses]


def is_trusted(address: str) -> bool:
    """Tell whether an address is one of ``TRUSTED_PROXIES``."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks(tuple(settings.TRUSTED_PROXIES)))


def trusted_proxy(get_response: GetResponse) -> GetResponse:
    """Take the client's address from a proxy that is trusted, and forget what anybody else claims.

    ``REMOTE_ADDR`` becomes the client's, for logs and the throttling of logins. ``X-Forwarded-For`` is read from the
    right, because what stands left of the first address that is no proxy's was written by the client.
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#security_and_privacy_concerns
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if is_trusted(request.META.get("REMOTE_ADDR", "")):
            forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
            for address in reversed([part for part in forwarded if part]):
                request.META["REMOTE_ADDR"] = address
                if not is_trusted(address):
                    break
        else:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
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
            path_without_secrets(request),
            response.status_code,
            extra={
                "method": request.method,
                "path": path_without_secrets(request),
                "status": response.status_code,
                "duration_ms": round((time.perf_counter() - start) * 1000, 1),
                "user_id": user_id(request),
                "client": request.META.get("REMOTE_ADDR"),
            },
        )
        return response

    return middleware


def path_without_secrets(request: HttpRequest) -> str:
    """Return the path, with the token of a password reset left out: whoever reads it could use it."""
    token = request.resolver_match.kwargs.get("token") if request.resolver_match else None
    return request.path.replace(token, "***") if token else request.path


def user_id(request: HttpRequest) -> str | None:
    """Return the id of the user whom the request already knows; looking it up here could fail."""
    session = getattr(getattr(request, "session", None), "_session_cache", {})
    return session.get(SESSION_KEY)
