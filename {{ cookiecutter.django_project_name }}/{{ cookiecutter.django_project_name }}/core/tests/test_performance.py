"""What pages and the start of a process cost. Think twice before you raise a number."""

import pytest
from django.urls import reverse

from ...conftest import REQUIRED
from ...users.tests.factories import PASSWORD


@pytest.mark.parametrize("page", ["home", "login"])
def test_anonymous_page_asks_neither_database_nor_cache(client, settings, page):
    # A query is an error without the fixture `db`, and the cache is one without a backend.
    settings.CACHES = {"default": {"BACKEND": "none"}}
    assert client.get(reverse(page)).status_code == 200


def test_queries_of_page_of_user(logged_in, django_assert_num_queries):
    with django_assert_num_queries(2):  # session, user
        logged_in.get(reverse("home"))


def test_queries_of_admin(admin_client, django_assert_num_queries):
    with django_assert_num_queries(3):  # session, user, recent actions
        admin_client.get(reverse("admin:index"))


def test_queries_of_login(client, user, django_assert_num_queries):
    form = {"username": user.get_username(), "password": PASSWORD}
    with django_assert_num_queries(17):  # attempts 8, user 2, session 7
        client.post(reverse("login"), form)


def test_redis_is_not_imported_before_cache_is_used(load, forbid_import):
    forbid_import("redis")  # It is slow to import.
    assert load("production", **REQUIRED).CACHES["default"]["LOCATION"] == REQUIRED["REDIS_URL"]
