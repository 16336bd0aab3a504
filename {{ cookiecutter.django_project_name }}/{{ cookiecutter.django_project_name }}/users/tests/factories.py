"""Makes users for tests.

https://factoryboy.readthedocs.io/en/stable/orms.html#django
"""

{% if cookiecutter.log_in_with == "username" -%}
from factory.declarations import LazyAttribute, Sequence
{%- else -%}
from factory.declarations import Sequence
{%- endif %}
from factory.django import DjangoModelFactory, Password
from factory.faker import Faker

from ..models import User

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory[User]):
    """Makes a user who logs in with ``PASSWORD``."""
{% if cookiecutter.log_in_with == "username" %}
    username = Sequence("user{}".format)
    name = Faker("name")
    email = LazyAttribute(lambda user: f"{user.username}@example.com")
{%- else %}
    email = Sequence("user{}@example.com".format)
    name = Faker("name")
{%- endif %}
    password = Password(PASSWORD)

    class Meta:
        model = User
        django_get_or_create = ({{ cookiecutter.log_in_with | quoted }},)
