"""Pages of accounts where Django's own do not suffice.

https://docs.djangoproject.com/en/6.1/topics/auth/default/#all-authentication-views
"""

from typing import Any

from django.contrib.auth import views
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.generic import View

from {{ cookiecutter.django_project_name }}.core.mail import is_email_on


class NeedsEmail(View):
    """A page that says so where the site sends no email."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the page only if what it promises can be sent."""
        if not is_email_on():
            return TemplateResponse(request, "registration/no_email.html", {"title": _("Password reset")})
        return super().dispatch(request, *args, **kwargs)


class PasswordResetView(NeedsEmail, views.PasswordResetView):
    """Ask for the email address that gets the link."""


class PasswordResetDoneView(NeedsEmail, views.PasswordResetDoneView):
    """Say that the link was sent."""
