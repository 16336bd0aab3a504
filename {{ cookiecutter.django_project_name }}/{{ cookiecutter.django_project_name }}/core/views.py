"""Views of the core app."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect, HttpResponseServerError
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.generic import TemplateView

from .json_logging import request_id


class HomeView(TemplateView):
    """The home page."""

    template_name = "core/home.html"


def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """Redirect to the icon. Browsers request this URL on pages without a link to it, such as Django's."""
    return redirect(static("core/favicon.svg"))


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """Return the error page, with the request ID that is in the log.

    Context processors are not used, as they may cause the error.
    """
    context = {"project_name": settings.PROJECT_NAME, "request_id": request_id.get()}
    return HttpResponseServerError(render_to_string("500.html", context))
