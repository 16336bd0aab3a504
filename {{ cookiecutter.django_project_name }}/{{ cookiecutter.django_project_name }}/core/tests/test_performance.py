"""What pages and the start of a process cost. Think twice before you raise a number."""

import subprocess
import sys

import pytest
from django.conf import settings as test_settings
from django.urls import reverse

from ... import config
from ...conftest import REQUIRED
from ...users.tests.factories import PASSWORD

# What a process has imported when it can answer requests
START = f"import sys, {config.__name__}.wsgi, {config.__name__}.urls; print(*sys.modules)"
# Packages that are slow to import: they are imported when they are used.
LAZY = {"redis"}


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


def test_start_of_production_imports_no_slow_package():
    variables = REQUIRED | {"DATABASE_URL": "sqlite://:memory:"}
    done = subprocess.run([sys.executable, "-c", START], cwd=test_settings.BASE_DIR, env=variables, capture_output=True)
    imported = set(done.stdout.decode().split())
    assert f"{config.__name__}.production" in imported, done.stderr
    assert LAZY & imported == set()
