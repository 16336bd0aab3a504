"""Factory of users for tests.

https://factoryboy.readthedocs.io/en/stable/orms.html#django
"""

from factory.declarations import Sequence
from factory.django import DjangoModelFactory, Password
from factory.faker import Faker

from ..models import User

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory[User]):
    """Creates users who log in with ``PASSWORD``."""
{% if cookiecutter.log_in_with == "username" %}
    username = Sequence("user{}".format)
{%- endif %}
    email = Sequence("user{}@example.com".format)
    name = Faker("name")
    password = Password(PASSWORD)

    class Meta:
        model = User
        django_get_or_create = (User.USERNAME_FIELD,)
