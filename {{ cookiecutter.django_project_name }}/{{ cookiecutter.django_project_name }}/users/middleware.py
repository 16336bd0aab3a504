"""What happens when somebody fails to log in too often."""

from collections.abc import Callable
from math import ceil

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from {{ cookiecutter.django_project_name }}.core.throttle import ThrottledError


class ThrottledMiddleware:
    """Answers 429, with a page that says how long to wait, where a view was throttled."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page."""
        if not isinstance(exception, ThrottledError):
            return None
        seconds = ceil(exception.wait.total_seconds())
        context = {"title": _("Too many failed attempts"), "minutes": ceil(seconds / 60)}
        response = render(request, "registration/locked.html", context, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response
