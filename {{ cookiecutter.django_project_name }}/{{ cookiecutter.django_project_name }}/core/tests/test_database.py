"""The database connection: limits, and what a pooler allows."""

import importlib

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from .conftest import PACKAGE, REQUIRED

postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such limits")


@pytest.fixture
def connect(db, monkeypatch):
    """Return a function that opens a new connection, and returns the server's limit of a statement there."""
    opened = []

    def connect(options=None):
        copy = connection.copy()
        opened.append(copy)
        if options:
            copy.settings_dict["OPTIONS"]["options"] = options
        with copy.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0]

    yield connect
    for copy in opened:
        copy.close()


@pytest.fixture
def serving():
    """Connect to the database as a process that serves does."""
    importlib.import_module(f"{PACKAGE}.wsgi")
    return importlib.import_module("{{ cookiecutter.django_project_name }}.core.database").limit_statements


@postgresql
def test_a_request_has_a_limit(serving, connect, settings):
    settings.DATABASE_STATEMENT_TIMEOUT = 7
    assert connect() == "7s"


@postgresql
def test_a_limit_in_the_url_wins(serving, connect):
    assert connect("-c statement_timeout=2s") == "2s"


@postgresql
def test_behind_a_pooler_nothing_is_set_for_others(serving, connect, settings):
    settings.DATABASE_TRANSACTION_POOLING = True
    assert connect() == "0"


@postgresql
def test_migrate_release_wants_a_connection_of_its_own(db, settings):
    settings.DATABASE_TRANSACTION_POOLING = True
    with pytest.raises(CommandError, match="DATABASE_TRANSACTION_POOLING=false"):
        call_command("migrate_release")


def test_the_options_of_the_url_win(load):
    url = "postgres://app@db/app?connect_timeout=2&options=-c%20search_path%3Dtenant"
    options = load("production", **REQUIRED | {"DATABASE_URL": url}).DATABASES["default"]["OPTIONS"]
    assert options["connect_timeout"] == 2
    assert options["options"] == "-c search_path=tenant"
    assert options["tcp_user_timeout"] == 10_000


def test_a_pooler_gets_no_option_that_it_refuses(load):
    database = load("production", **REQUIRED, DATABASE_TRANSACTION_POOLING="true").DATABASES["default"]
    assert "options" not in database["OPTIONS"]
    assert database["DISABLE_SERVER_SIDE_CURSORS"]
