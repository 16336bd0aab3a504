"""A site whose database is elsewhere: there is no PostgreSQL of its own, and nobody acts as if there were."""

import json

import pytest

ID = "20261126-213952"


def snapshot():
    return {"time": "2026-11-26T21:39:51Z", "tags": [ID, "kind=manual", "release=v1", "files", "verified"]}


@pytest.fixture
def external(swarm, run, monkeypatch):
    """A site with an external database."""
    monkeypatch.setenv("DDPT_EXTERNAL_DATABASE", "yes")
    monkeypatch.setenv("DDPT_DATABASE_URL", "postgres://app:secret@db.example.com/app")
    status, printed = run("setup")
    assert status == 0, printed
    swarm.logs["site_backup-list"] = json.dumps([snapshot()])
    swarm.logs["site_backup-manual"] = f"{ID}\n"
    return run


def created(swarm):
    """Return the names of the jobs that ran."""
    return [words[words.index("--name") + 1] for words in swarm.commands if words[:2] == ("service", "create")]


def test_site_has_no_service_of_postgresql(swarm, external):
    assert "site_postgres" not in swarm.services
    assert "site_backups" in swarm.services
    # what creates databases and roles
    assert "site_database" not in created(swarm)
    container = swarm.services["site_django"]["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert "DATABASE_URL=" in container["Env"]
    assert "site_DATABASE_URL_1" in [one["SecretName"] for one in container["Secrets"]]
    assert "postgres" not in external("status")[1]
    for words in (["deploy"], ["rollback"], ["migrate"]):
        assert external(*words, version="v2")[0] == 0
    assert "There is no stack postgres" in external("deploy-stack", "STACK=postgres")[1]
    assert "There is no stack postgres" in external("upgrade-postgres", "VERSION=19", "YES=1")[1]


def test_site_of_its_own_postgresql_names_it(swarm, run):
    assert run("setup")[0] == 0
    container = swarm.services["site_django"]["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert "DATABASE_URL=postgres://site_1@postgres:5432/site" in container["Env"]


def test_preflight_checks_the_connection(swarm, external):
    swarm.fate["site_backup-check"] = "crashes"
    swarm.logs["site_backup-check"] = 'psql: error: connection to server at "db.example.com" failed\n'
    status, printed = external("deploy", version="v2")
    assert status == 1
    assert 'connection to server at "db.example.com" failed' in printed


def test_who_provides_the_database_is_said_to_back_it_up(swarm, external):
    assert "who provides it backs it up" in external("backup")[1]
    # a backup before migrations would have no database
    swarm.commands.clear()
    swarm.logs["site_migrate"] = '{"applied": ["shop.0002_more"], "known": ["shop.0001_initial", "shop.0002_more"]}\n'
    assert external("deploy", version="v2")[0] == 0
    assert "site_backup-before-migrations" not in created(swarm)


def test_restore_brings_the_files_back_and_migrates_nothing(swarm, external):
    swarm.commands.clear()
    status, printed = external("restore", "YES=1")
    assert status == 0
    assert "who provides it" in printed
    assert created(swarm) == ["site_backup-list", "site_backup-restore-files"]
    swarm.commands.clear()
    assert external("restore-drill")[0] == 0
    assert "site_backup-migrate" not in created(swarm)
