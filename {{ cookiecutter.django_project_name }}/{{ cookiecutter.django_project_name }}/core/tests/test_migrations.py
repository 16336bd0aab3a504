"""Releases and their migrations."""

import json
import time
from io import StringIO
from unittest.mock import MagicMock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from ..management.commands import migrate_release, require_migrations


@pytest.mark.django_db
def test_a_database_with_all_migrations_will_do():
    call_command("require_migrations")


@pytest.mark.django_db
def test_a_database_that_lacks_a_migration_is_refused():
    MigrationRecorder(connection).record_unapplied("users", "0001_initial")
    with pytest.raises(CommandError, match=r"lacks migrations of this release: users\.0001_initial"):
        call_command("require_migrations")


def test_a_database_that_is_down_is_waited_for(monkeypatch):
    executor = MagicMock(
        side_effect=[OperationalError, OperationalError, MagicMock(**{"migration_plan.return_value": []})]
    )
    monkeypatch.setattr(require_migrations, "MigrationExecutor", executor)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    call_command("require_migrations")
    assert executor.call_count == 3


def test_a_database_that_stays_down_is_an_error(monkeypatch):
    monkeypatch.setattr(require_migrations, "MigrationExecutor", MagicMock(side_effect=OperationalError("no route")))
    with pytest.raises(CommandError, match="does not answer: no route"):
        call_command("require_migrations", wait=-1)


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
