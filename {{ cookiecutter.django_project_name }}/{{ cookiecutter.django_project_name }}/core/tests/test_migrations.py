"""Releases and their migrations."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ..management.commands import migrate_release


@pytest.mark.django_db
def test_migrate_release_names_the_migrations():
    printed = StringIO()
    call_command("migrate_release", stdout=printed)
    names = json.loads(printed.getvalue().splitlines()[-1])
    assert names["applied"] == []
    assert "users.0001_initial" in names["known"]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such locks")
def test_two_do_not_migrate_at_once():
    with migrate_release.alone(timeout=1), pytest.raises(CommandError, match="lock timeout"):
        call_command("migrate_release", lock_timeout=1)
