"""The time limit for statements of a request."""

import importlib

import pytest
from django.db import connection

from ... import config

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such limit")


@pytest.fixture
def connect(db):
    """Return a function that opens a connection as the WSGI application does, and returns the limit on it."""
    importlib.import_module(f"{config.__name__}.wsgi")
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


def test_request_has_limit(connect, settings):
    settings.DATABASE_STATEMENT_TIMEOUT = 7
    assert connect() == "7s"


def test_limit_in_url_overrides_setting(connect):
    assert connect("-c statement_timeout=2s") == "2s"


def test_no_limit_is_set_behind_transaction_pooler(connect, settings):
    settings.DATABASE_TRANSACTION_POOLING = True
    assert connect() == "0"
