"""Health checks."""

from threading import Event

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings

from .. import health

OK = {"database": "ok", "cache": "ok", "migrations": "ok"}


@pytest.fixture(autouse=True)
def migrated(monkeypatch):
    """Start with unchecked migrations."""
    monkeypatch.setattr(health, "migrated", Event())


def test_livez_works_for_any_host_without_https_and_database(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/livez", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.text) == (200, "ok")


def test_readyz_works_for_any_host_without_https(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/readyz", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.json()) == (200, OK)
    assert response.headers["Cache-Control"] == "no-store"


def test_readyz_checks_migrations_once(client, db, django_assert_num_queries):
    assert client.get("/readyz").json() == OK
    with django_assert_num_queries(1):
        assert client.get("/readyz").json() == OK


def test_readyz_reports_stopped_database(client, db, monkeypatch):
    def refuse():
        raise OperationalError("connection refused: secret-host")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "down", "cache": "ok", "migrations": "down"}
    assert "secret-host" not in response.text


def test_readyz_without_cache_is_degraded(client, db, stopped_redis):
    with override_settings(CACHES={"default": stopped_redis}):
        response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, OK | {"cache": "degraded"})


def test_readyz_reports_missing_migrations(client, db):
    MigrationRecorder(connection).flush()
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, OK | {"migrations": "down"})
