"""Health: what load balancers and monitors ask."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings


def test_livez_needs_no_host_no_https_and_no_database(client, settings, caplog):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/livez", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.text) == (200, "ok")
    assert caplog.records == []


def test_readyz_when_all_is_well(client, db):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "cache": "ok", "migrations": "ok"}


def test_readyz_names_a_stopped_database(client, db, monkeypatch):
    def refuse():
        raise OperationalError("connection refused: secret-host")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "down", "cache": "ok", "migrations": "down"}
    assert "secret-host" not in response.text


@pytest.mark.parametrize("ignore", [True, False])
def test_readyz_names_a_stopped_cache(client, db, stopped_redis, ignore):
    stopped_redis["OPTIONS"]["IGNORE_EXCEPTIONS"] = ignore
    with override_settings(CACHES={"default": stopped_redis}):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "cache": "down", "migrations": "ok"}


def test_readyz_names_missing_migrations(client, db):
    MigrationRecorder(connection).record_unapplied("users", "0001_initial")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "cache": "ok", "migrations": "down"}
