"""Migrations of a release."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ..management.commands import migrate_release

postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no advisory locks")


def test_migrate_release_prints_names_of_migrations(db):
    printed = StringIO()
    call_command("migrate_release", stdout=printed)
    names = json.loads(printed.getvalue().splitlines()[-1])
    assert names["applied"] == []
    assert "users.0001_initial" in names["known"]


@postgresql
def test_second_migrate_release_fails_while_first_runs(db):
    with migrate_release.advisory_lock(timeout=1), pytest.raises(CommandError, match="lock timeout"):
        call_command("migrate_release", lock_timeout=1)


@postgresql
def test_migrate_release_refuses_transaction_pooler(db, settings):
    settings.DATABASE_TRANSACTION_POOLING = True
    with pytest.raises(CommandError, match="DATABASE_TRANSACTION_POOLING=false"):
        call_command("migrate_release")
