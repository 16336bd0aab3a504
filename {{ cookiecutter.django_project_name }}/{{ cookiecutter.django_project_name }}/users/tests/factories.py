"""Makes users for tests.

https://factoryboy.readthedocs.io/en/stable/orms.html#django
"""

from factory.declarations import LazyAttribute, Sequence
from factory.django import DjangoModelFactory, Password
from factory.faker import Faker

from ..models import User

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory[User]):
    """Makes a user who logs in with ``PASSWORD``."""

    username = Sequence("user{}".format)
    name = Faker("name")
    email = LazyAttribute(lambda user: f"{user.username}@example.com")
    password = Password(PASSWORD)

    class Meta:
        model = User
        django_get_or_create = ("username",)
