"""Makes users for tests.

https://factoryboy.readthedocs.io/en/stable/orms.html#django
"""

import factory
from factory.django import DjangoModelFactory, Password

from ..models import User

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory):
    """Makes a user who logs in with ``PASSWORD``."""

    username = factory.Sequence("user{}".format)
    name = factory.Faker("name")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = Password(PASSWORD)

    class Meta:
        model = User
        django_get_or_create = ("username",)
