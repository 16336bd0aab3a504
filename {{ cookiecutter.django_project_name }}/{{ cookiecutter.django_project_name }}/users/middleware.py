"""The answer to too many attempts."""

from collections.abc import Callable
from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from ..core import throttle


class ThrottledMiddleware:
    """Answers 429 if a view raises ``ThrottledError``, with a page that says how long to wait.

    It also limits attempts at the old password on the pages to change it, in case a session was stolen.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Call the next middleware."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        """Count an attempt to change the password."""
        match = request.resolver_match
        if match and match.url_name == "password_change" and request.method == "POST":
            try:
                throttle.attempt(password_change=str(request.user.pk or ""))
            except throttle.ThrottledError as error:
                return self.process_exception(request, error)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page if the exception is a ``ThrottledError``."""
        if not isinstance(exception, throttle.ThrottledError):
            return None
        seconds = ceil(exception.wait.total_seconds())
        context = {"title": _("Too many failed attempts"), "minutes": ceil(seconds / 60)}
        response = render(request, "registration/throttled.html", context, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response
