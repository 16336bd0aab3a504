"""Authentication of users.

https://docs.djangoproject.com/en/6.1/topics/auth/customizing/#authentication-backends
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from ..core import throttle
from .models import User


class ThrottledBackend(ModelBackend):
    """Django's backend, with limits on failed logins."""

    @sensitive_variables("password")
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user with this password, or None.

        Raises:
            ThrottledError: too many logins failed with this username, from this IP address, or both.
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

    # ModelBackend's method does not call authenticate().
    aauthenticate = BaseBackend.aauthenticate  # type: ignore[assignment]
