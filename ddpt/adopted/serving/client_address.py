"""Middleware for the address of the client."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase


def client_address(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Set ``REMOTE_ADDR`` to the address of the client, for logs and for limits of failed logins.

    Nobody but the proxy can reach gunicorn, and what the proxy writes into ``X-Forwarded-For`` is that address alone.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.META["REMOTE_ADDR"] = request.headers.get("X-Forwarded-For") or request.META["REMOTE_ADDR"]
        return get_response(request)

    return middleware
