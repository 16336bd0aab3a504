"""How users are authenticated.

https://docs.djangoproject.com/en/6.1/topics/auth/customizing/#authentication-backends
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from ..core import throttle
from .models import User


class ThrottledBackend(ModelBackend):
    """Django's backend, with a limit to failed logins, wherever a password is sent to."""

    @sensitive_variables("password")
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user to whom the password belongs, or None.

        Raises:
            ThrottledError: there were too many failures of this user name from this address, or of one of them alone.
        """
        name = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if name is None or password is None:
            return None
        address = throttle.client_network(request)
        pair = {"login": f"{name} {address}"}
        each = {"login_by_user": name, "login_by_address": address}
        throttle.attempt(**pair, **each)
        user = super().authenticate(request, name, password)
        if user:
            throttle.reset(**pair)
            throttle.undo(**each)
        return user

    # ModelBackend's own would count nothing.
    aauthenticate = BaseBackend.aauthenticate  # type: ignore[assignment]
