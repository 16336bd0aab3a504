"""What a user is, who is unique, and how the admin adds one."""

import pytest
from asgiref.sync import async_to_sync
{%- if cookiecutter.log_in_with == "username" %}
from django.core.management import CommandError, call_command
{%- endif %}
from django.db import IntegrityError
from django.urls import reverse

from ..models import User
from .factories import PASSWORD, UserFactory

ADD = reverse("admin:users_user_add")
{%- if cookiecutter.log_in_with == "username" %}
NEW = {"username": "new", "email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
{%- else %}
NEW = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
{%- endif %}
{% if cookiecutter.log_in_with == "username" %}

def test_name_is_the_name_or_the_username():
    assert User(username="ada", name="Ada Lovelace").get_full_name() == "Ada Lovelace"
    assert User(username="ada").get_short_name() == "ada"


@pytest.mark.parametrize("taken", [{"username": "ADA"}, {"email": "ADA@Example.com"}])
def test_no_two_users_differ_by_case_alone(db, taken):
    UserFactory.create(username="ada", email="ada@example.com")
    with pytest.raises(IntegrityError):
        UserFactory.create(**taken)


def test_code_can_create_several_users_without_email(db):
    for name in ("cron", "robot"):
        User.objects.create_user(name)
    assert User.objects.filter(email="").count() == 2


@pytest.mark.parametrize("taken", [{"username": "ADA"}, {"email": "ADA@example.com"}])
def test_createsuperuser_refuses_what_is_taken(db, taken):
    UserFactory.create(username="ada", email="ada@example.com")
    with pytest.raises(CommandError, match=r"taken|exists"):
        call_command("createsuperuser", interactive=False, **{"username": "bob", "email": "bob@example.com"} | taken)
{%- else %}

def test_name_is_the_name_or_the_email_address():
    assert User(email="ada@example.com", name="Ada Lovelace").get_full_name() == "Ada Lovelace"
    assert User(email="ada@example.com").get_short_name() == "ada@example.com"


def test_no_two_users_differ_by_case_alone(db):
    UserFactory.create(email="ada@example.com")
    with pytest.raises(IntegrityError):
        UserFactory.create(email="ADA@Example.com")


def test_a_user_has_an_email_address(db):
    with pytest.raises(ValueError, match="must be set"):
        User.objects.create_user("")
{%- endif %}


@pytest.mark.parametrize("change", [str.upper, str.title])
def test_log_in_whatever_the_case(client, user, change):
    form = {"username": change(user.get_username()), "password": PASSWORD}
    assert client.post(reverse("login"), form).status_code == 302


def test_find_a_user_whatever_the_case(user):
    name = user.get_username().upper()
    assert User.objects.get_by_natural_key(name) == user
    assert async_to_sync(User.objects.aget_by_natural_key)(name) == user


def test_admin_asks_for_the_email_address(admin_client):
    assert "email" in admin_client.post(ADD, NEW | {"email": ""}).context["adminform"].errors
    assert admin_client.post(ADD, NEW).status_code == 302
    assert User.objects.get(email="new@example.com").check_password(PASSWORD)

{% if cookiecutter.log_in_with == "username" %}
@pytest.mark.parametrize("field", ["username", "email"])
{%- else %}
@pytest.mark.parametrize("field", ["email"])
{%- endif %}
@pytest.mark.parametrize("change", [str, str.upper])
def test_admin_says_what_is_taken(admin_client, user, field, change):
    response = admin_client.post(ADD, NEW | {field: change(getattr(user, field))})
    assert "already exists." in response.text
