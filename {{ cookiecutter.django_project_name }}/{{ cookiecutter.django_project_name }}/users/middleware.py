"""What happens when somebody tries too many passwords."""

from collections.abc import Callable
from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from ..core import throttle


class ThrottledMiddleware:
    """Answers 429, with a page that says how long to wait, where a view was throttled.

    It also throttles the two pages that ask for the old password, the site's and the admin's, as a thief of a session
    could guess there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
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
        """Return the page."""
        if not isinstance(exception, throttle.ThrottledError):
            return None
        seconds = ceil(exception.wait.total_seconds())
        context = {"title": _("Too many failed attempts"), "minutes": ceil(seconds / 60)}
        response = render(request, "registration/locked.html", context, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response
