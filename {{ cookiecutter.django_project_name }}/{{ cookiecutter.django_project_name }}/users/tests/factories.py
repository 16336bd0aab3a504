"""Users for tests."""

from itertools import count
from typing import Any

from ..models import User

PASSWORD = "correct horse battery staple"
numbers = count(1)


def create_user(**fields: Any) -> User:
    """Create a user who logs in with ``PASSWORD``, with other names and addresses each time."""
    number = next(numbers)
    defaults = {
{%- if cookiecutter.log_in_with == "username" %}
        "username": f"user{number}",
{%- endif %}
        "email": f"user{number}@example.com",
        "name": f"User {number}",
        "password": PASSWORD,
    }
    return User.objects.create_user(**defaults | fields)
