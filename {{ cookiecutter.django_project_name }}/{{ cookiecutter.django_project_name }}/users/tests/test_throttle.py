"""Limits of logins, password changes and password resets."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse

from ...core.throttle import ThrottledError
from ..models import User
from .factories import PASSWORD, create_user

HOME = "198.51.100.7"


@pytest.fixture(autouse=True)
def limits(settings):
    """Lower the limits, so that few attempts reach them."""
    limits = {
        "login": 3,
        "login_by_user": 8,
        "login_by_address": 8,
        "password_change": 1,
        "password_reset_by_address": 2,
        "password_reset_by_mailbox": 2,
    }
    settings.THROTTLES = {
        name: (limits.get(name, count), period) for name, (count, period) in settings.THROTTLES.items()
    }


LOGGED_IN, REFUSED, THROTTLED = "logged in", "refused", "throttled"


def log_in(user: User | str, password: str = PASSWORD, address: str = HOME) -> str:
    """Authenticate a user as the login pages do, for a request from an IP address."""
    name = user if isinstance(user, str) else user.get_username()
    try:
        found = authenticate(RequestFactory().get("/", REMOTE_ADDR=address), username=name, password=password)
    except ThrottledError:
        return THROTTLED
    return LOGGED_IN if found else REFUSED


def test_successful_login_of_attacker_does_not_reset_limit(user):
    own = create_user()
    statuses = []
    for guess in range(6):
        statuses.append(log_in(user, "wrong"))
        if guess % 2:
            assert log_in(own) == LOGGED_IN
    assert statuses == [REFUSED] * 3 + [THROTTLED] * 3
    assert log_in(user) == THROTTLED


def test_ipv6_network_counts_as_one_client(user):
    statuses = [log_in(user, "wrong", f"2001:db8:1:2::{number:x}") for number in range(1, 6)]
    assert statuses == [REFUSED] * 3 + [THROTTLED] * 2
    assert log_in(user, address="2001:db8:1:3::1") == LOGGED_IN


def test_failed_logins_of_colleagues_do_not_block_user(user):
    for _ in range(5):
        assert log_in(create_user(), "typo") == REFUSED
    assert log_in(user) == LOGGED_IN


def test_failed_logins_from_elsewhere_do_not_block_user(user):
    for number in range(6):
        log_in(user, "wrong", f"203.0.113.{number % 3}")
    assert log_in(user) == LOGGED_IN


def test_failed_logins_from_many_addresses_block_username(user, settings):
    count = settings.THROTTLES["login_by_user"][0]
    statuses = [log_in(user, "wrong", f"203.0.113.{number}") for number in range(count + 1)]
    assert statuses == [REFUSED] * count + [THROTTLED]
    assert log_in(create_user(), address="203.0.113.1") == LOGGED_IN


def test_failed_logins_with_many_usernames_block_address(user, settings):
    count = settings.THROTTLES["login_by_address"][0]
    statuses = [log_in(f"nobody{number}", "wrong") for number in range(count + 1)]
    assert statuses == [REFUSED] * count + [THROTTLED]
    assert log_in(user) == THROTTLED
    assert log_in(user, address="203.0.113.1") == LOGGED_IN


def test_successful_logins_are_not_counted(user, settings):
    settings.THROTTLES = {name: (3, period) for name, (_, period) in settings.THROTTLES.items()}
    statuses = [log_in(user, password) for password in [PASSWORD, "typo"] * 3 + [PASSWORD]]
    # A success resets only the limit of the username and address together.
    assert statuses == [LOGGED_IN, REFUSED] * 3 + [THROTTLED]


@pytest.mark.parametrize("page", ["login", "admin:login"])
def test_page_says_how_long_to_wait(client, user, page, settings):
    settings.THROTTLES["login"] = (2, settings.THROTTLES["login"][1])
    form = {"username": user.get_username(), "password": "wrong"}
    for _ in range(2):
        assert client.post(reverse(page), form, REMOTE_ADDR=HOME).status_code == 200
    response = client.post(reverse(page), form | {"username": user.get_username().upper()}, REMOTE_ADDR=HOME)
    assert response.status_code == 429
    assert "Wait 15 minutes" in response.text
    assert 14 * 60 < int(response.headers["Retry-After"]) <= 15 * 60
    assert response.headers["Content-Security-Policy"]


def test_authenticate_without_request_is_limited(user, settings):
    settings.THROTTLES["login_by_user"] = (2, settings.THROTTLES["login_by_user"][1])
    credentials: dict[str, Any] = {"username": user.get_username(), "password": "wrong"}
    assert authenticate(**credentials) is None
    assert async_to_sync(aauthenticate)(**credentials) is None
    for function in (authenticate, async_to_sync(aauthenticate)):
        with pytest.raises(ThrottledError):
            function(**credentials)


@pytest.mark.parametrize("page", ["password_change", "admin:password_change"])
def test_guesses_of_old_password_are_limited(admin_client, page):
    forms = [{"old_password": f"{guess}", "new_password1": "new", "new_password2": "new"} for guess in range(2)]
    assert [admin_client.post(reverse(page), form).status_code for form in forms] == [200, 429]
    assert admin_client.get(reverse(page)).status_code == 200


def request_reset(email: str, address: str = HOME) -> None:
    """Request a password reset; the answer is always the same."""
    response = Client().post(reverse("password_reset"), {"email": email}, REMOTE_ADDR=address)
    assert (response.status_code, response.headers["Location"]) == (302, reverse("password_reset_done"))


def test_password_resets_are_limited_by_mailbox(user, settings):
    for number in range(4):
        request_reset([user.email, user.email.upper()][number % 2], f"203.0.113.{number}")
    assert len(mail.outbox) == settings.THROTTLES["password_reset_by_mailbox"][0]
    other = create_user()
    request_reset(other.email)
    assert mail.outbox[-1].to == [other.email]


def test_password_resets_are_limited_by_address(db, settings):
    users = [create_user() for _ in range(3)]
    for user in users:
        request_reset(user.email)
    assert len(mail.outbox) == settings.THROTTLES["password_reset_by_address"][0]
    request_reset(users[-1].email, "203.0.113.1")
    assert mail.outbox[-1].to == [users[-1].email]
