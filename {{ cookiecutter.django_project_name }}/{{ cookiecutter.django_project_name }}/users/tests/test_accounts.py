"""Login, logout, passwords and the admin."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from .factories import PASSWORD, create_user

LOGIN = reverse("login")


def log_in(client: Client, username: str, password: str = PASSWORD, **meta: Any):
    """Submit the login form."""
    return client.post(LOGIN, {"username": username, "password": password}, **meta)


def test_log_in_and_out(client, user):
    assert log_in(client, user.get_username()).url == reverse("home")
    assert user.get_full_name() in client.get(reverse("home")).text
    client.post(reverse("logout"))
    assert user.get_full_name() not in client.get(reverse("home")).text


def test_wrong_password_is_refused(client, user):
    response = log_in(client, user.get_username(), "wrong")
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()
    assert "_auth_user_id" not in client.session


def test_change_password(logged_in, user):
    new = "a brand new password"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert logged_in.post(reverse("password_change"), form).url == reverse("password_change_done")
    user.refresh_from_db()
    assert user.check_password(new)
    assert logged_in.get(reverse("password_change_done")).status_code == 200


def test_reset_password_by_email(client, user):
    assert client.post(reverse("password_reset"), {"email": user.email}).url == reverse("password_reset_done")
    [message] = mail.outbox
    assert message.to == [user.email]
    [link] = re.findall(r"http://testserver(/accounts/reset/\S+)", str(message.body))

    form_url = client.get(link).url
    assert client.get(form_url).status_code == 200
    new = "a brand new password"
    response = client.post(form_url, {"new_password1": new, "new_password2": new}, follow=True)

    assert response.redirect_chain[-1][0] == reverse("password_reset_complete")
    assert log_in(client, user.get_username(), new).status_code == 302
    assert not client.get(link).context["validlink"]


@pytest.mark.parametrize("page", ["password_reset", "password_reset_done"])
def test_site_without_email_offers_no_password_reset(client, user, no_email, page):
    assert reverse("password_reset") not in client.get(LOGIN).text
    for response in (client.get(reverse(page)), client.post(reverse(page), {"email": user.email})):
        assert "This site sends no email." in response.text


@pytest.mark.parametrize("page", ["login", "password_reset", "password_reset_done", "password_reset_complete"])
def test_pages_without_login(client, db, page):
    assert client.get(reverse(page)).status_code == 200


def test_admin_lists_and_edits_users(admin_client):
    user = create_user(name="Ada Lovelace")
    assert "Ada Lovelace" in admin_client.get(reverse("admin:users_user_changelist")).text
    assert admin_client.get(reverse("admin:users_user_change", args=[user.pk])).status_code == 200
    assert admin_client.get(reverse("admin:users_user_add")).status_code == 200
    assert admin_client.get(reverse("admin:auth_group_add")).status_code == 200


def test_admin_is_for_staff(logged_in):
    assert logged_in.get(reverse("admin:index")).url.startswith(reverse("admin:login"))
