"""Migrations of a release."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations import Migration
from django.db.migrations.state import ModelState, ProjectState

from ..breaking_migrations import breaking_operations
from ..management.commands import migrate_release

postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no advisory locks")


def test_migrate_release_prints_names_of_migrations(db):
    printed = StringIO()
    call_command("migrate_release", stdout=printed)
    names = json.loads(printed.getvalue().splitlines()[-1])
    assert names["applied"] == []
    assert "users.0001_initial" in names["known"]


@postgresql
@pytest.mark.parametrize("number", [migrate_release.LOCK, migrate_release.CONNECTION_LOCK])
def test_migrate_release_fails_while_another_runs(db, number):
    """Or while the connection of one that was killed has not ended."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [number])
        with pytest.raises(CommandError, match="lock timeout"):
            call_command("migrate_release", lock_timeout=1)
    finally:
        other.close()


@postgresql
def test_migrate_release_keeps_no_lock(db):
    call_command("migrate_release", stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)


@postgresql
def test_migrate_release_refuses_transaction_pooler(db, settings):
    settings.DATABASE_TRANSACTION_POOLING = True
    with pytest.raises(CommandError, match="DATABASE_TRANSACTION_POOLING=false"):
        call_command("migrate_release")


def breaking(*operations):
    """Return what breaks the running code, on a database with a table of products."""
    state = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.AutoField(primary_key=True)),
        ("name", models.TextField(db_column="title")),
    ]
    state.add_model(ModelState("shop", "Product", [*fields, ("price", models.IntegerField())]))
    state.add_model(ModelState("shop", "Order", fields, {"db_table": "orders"}))
    migration = type("Change", (Migration,), {"operations": operations})("0002_change", "shop")
    return [problem for _, problems in breaking_operations(state, [migration]) for problem in problems]


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        (migrations.AddField("product", "size", models.IntegerField(default=0)), "give it db_default or null=True"),
        (migrations.RemoveField("product", "price"), "remove it from the code first"),
        (migrations.DeleteModel("Product"), "remove it from the code first"),
        (migrations.RenameField("product", "price", "cost"), "by db_column"),
        (migrations.RenameModel("Product", "Item"), "by db_table"),
        (migrations.AlterModelTable("product", "products"), "the old name of the table"),
    ],
)
def test_operations_that_break_the_running_code(operation, problem):
    [found] = breaking(operation)
    assert found.startswith(operation.describe())
    assert found.endswith(problem)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("product", "size", models.IntegerField(null=True)),
        migrations.AddField("product", "size", models.IntegerField(db_default=0)),
        migrations.AddField("product", "orders", models.ManyToManyField("shop.Order")),
        migrations.RenameField("product", "name", "label"),
        migrations.RenameModel("Order", "Purchase"),
        migrations.AlterModelTable("product", "shop_product"),
        migrations.RunSQL("ALTER TABLE shop_product DROP COLUMN price"),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("product", "price")]),
    ],
)
def test_operations_that_the_running_code_does_not_notice(operation):
    assert breaking(operation) == []


def test_models_of_the_same_release_may_change():
    create = migrations.CreateModel("Stock", [("id", models.AutoField(primary_key=True))])
    assert breaking(create, migrations.AddField("stock", "count", models.IntegerField())) == []


@pytest.mark.parametrize(
    ("allowed", "refused"), [("", True), ("users.0001_initial,shop.0002_price", False), ("all", False)]
)
def test_breaking_migrations_are_refused_unless_they_are_allowed_by_name(db, monkeypatch, allowed, refused):
    found = [(Migration("0002_price", "shop"), ["Remove field price from product: the code that runs uses it"])]
    monkeypatch.setattr(migrate_release, "breaking_operations", lambda state, plan: found)
    if refused:
        with pytest.raises(CommandError, match=r"ALLOW_MIGRATIONS=shop\.0002_price"):
            call_command("migrate_release", allow=allowed)
    else:
        call_command("migrate_release", allow=allowed, stdout=StringIO())
