"""Pages of the site itself."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect, HttpResponseServerError
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.generic import TemplateView

from .json_logging import request_id


class HomeView(TemplateView):
    """The first page."""

    template_name = "core/home.html"


def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """Show browsers to the icon: on pages that name none, such as Django's own, they ask for this one."""
    return redirect(static("core/favicon.svg"))


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """Return the page for an error of ours, with the id under which the log tells of it.

    The request is kept from the template: what broke may be what the context processors ask.
    """
    context = {"project_name": settings.PROJECT_NAME, "request_id": request_id.get()}
    return HttpResponseServerError(render_to_string("500.html", context))
