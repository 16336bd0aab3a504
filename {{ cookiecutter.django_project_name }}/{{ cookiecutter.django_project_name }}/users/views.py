"""Views of accounts that differ from Django's.

https://docs.djangoproject.com/en/6.1/topics/auth/default/#all-authentication-views
"""

from typing import Any

from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import View

from ..core import throttle
from ..core.email import is_email_on
from .tasks import send_password_reset


class NeedsEmail(View):
    """A view that needs email."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show another page if the site sends no email."""
        if not is_email_on():
            return TemplateResponse(request, "registration/no_email.html", {"title": _("Password reset")})
        return super().dispatch(request, *args, **kwargs)


class PasswordResetView(NeedsEmail, views.PasswordResetView):
    """Ask for an email address to send the link to.

    A task looks up the user and sends the email, so that neither the answer nor its time tells whether a user exists.
    """

    def form_valid(self, form: PasswordResetForm) -> HttpResponseRedirect:
        """Enqueue the task, unless the client or the mailbox has reached its limit; the answer is the same."""
        email = form.cleaned_data["email"]
        address = throttle.client_network(self.request)
        try:
            throttle.attempt(password_reset_by_address=address, password_reset_by_mailbox=email)
        except throttle.ThrottledError:
            pass
        else:
            domain = get_current_site(self.request).domain
            send_password_reset.enqueue(email, domain, self.request.is_secure(), get_language())
        return HttpResponseRedirect(self.get_success_url())


class PasswordResetDoneView(NeedsEmail, views.PasswordResetDoneView):
    """Say that an email was sent if the user exists."""
