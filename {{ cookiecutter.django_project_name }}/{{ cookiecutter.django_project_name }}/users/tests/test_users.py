"""Users and their admin."""

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse

from ..models import User
from .factories import PASSWORD

ADD = reverse("admin:users_user_add")
NEW = {User.USERNAME_FIELD: "new@example.com", "email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}


def test_full_name_falls_back_to_login():
    assert User(**{User.USERNAME_FIELD: "ada"}, name="Ada Lovelace").get_full_name() == "Ada Lovelace"
    assert User(**{User.USERNAME_FIELD: "ada"}).get_short_name() == "ada"


def test_login_ignores_case(client, user):
    form = {"username": user.get_username().upper(), "password": PASSWORD}
    assert client.post(reverse("login"), form).status_code == 302


def test_user_is_found_in_any_case(user):
    name = user.get_username().upper()
    assert User.objects.get_by_natural_key(name) == user
    assert async_to_sync(User.objects.aget_by_natural_key)(name) == user


def test_admin_requires_email_address(admin_client):
    assert "email" in admin_client.post(ADD, NEW | {"email": ""}).context["adminform"].errors
    assert admin_client.post(ADD, NEW).status_code == 302
    assert User.objects.get(email="new@example.com").check_password(PASSWORD)


@pytest.mark.parametrize("field", sorted({User.USERNAME_FIELD, "email"}))
def test_admin_reports_duplicates_in_any_case(admin_client, user, field):
    response = admin_client.post(ADD, NEW | {field: getattr(user, field).upper()})
    assert "already exists." in response.text
