"""The audit trail: who did what to a site."""

import json
import re

import pytest

from ddpt_deploy.errors import Interrupted
from ddpt_deploy.site import audit, lock, store

ENTRY = re.compile(r"^(\d{4}-\d\d-\d\dT\S+)  (\S+) +\S+ +(.+?)  +(ok|failed: .*)$", re.MULTILINE)


def entries(run):
    """Return who did what with which result, as `make audit` shows it."""
    return [(who, what, result) for _, who, what, result in ENTRY.findall(run("audit")[1])]


def test_commands_that_change_the_site_are_recorded(swarm, run):
    assert run("audit") == (0, "")
    assert run("setup", "USER=ada")[0] == 0
    assert run("deploy", "USER=ben", version="v2")[0] == 0
    assert run("rollback", "USER=ada")[0] == 0
    assert run("scale", "REPLICAS=3", "USER=ben")[0] == 0
    assert run("rotate-secret", "NAME=SECRET_KEY", "USER=ada")[0] == 0
    assert run("lock", "MESSAGE=the database moves", "USER=ada")[0] == 0
    assert run("maintenance", "USER=ada")[0] == 0
    assert run("maintenance", "OFF=1", "USER=ada")[0] == 0
    assert run("unlock", "USER=ben")[0] == 0
    assert run("status", "USER=eve")[0] == 0
    new_secrets, setup, *later, unlock = entries(run)
    assert new_secrets[1].startswith("new secrets: SECRET_KEY, DATABASE_PASSWORD, ")
    assert setup == ("ada", "setup", "ok")
    assert later == [
        ("ben", "deploy v2", "ok"),
        ("ada", "rollback", "ok"),
        ("ben", "scale django to 3", "ok"),
        ("ada", "rotate SECRET_KEY", "ok"),
        ("ada", "lock: the database moves", "ok"),
        ("ada", "maintenance on", "ok"),
        ("ada", "maintenance off", "ok"),
    ]
    assert unlock[0] == "ben"
    assert unlock[1].startswith("unlock, locked by ada on ")


def test_how_a_command_failed_is_recorded(swarm, site, run):
    assert run("setup")[0] == 0
    swarm.fate["site_django", "site:v2"] = "crashes"
    assert run("deploy", version="v2")[0] == 1
    _, what, result = entries(run)[-1]
    assert what == "deploy v2"
    assert result.startswith("failed: site_django did not start: the engine stopped the update")
    with pytest.raises(Interrupted), lock.held(site, "deploy v3"):
        raise Interrupted("SIGTERM")
    assert entries(run)[-1][1:] == ("deploy v3", "failed: SIGTERM")


def test_a_command_that_was_refused_changed_nothing(site, run):
    assert run("setup")[0] == 0
    lock.acquire(site, "by hand")
    before = entries(run)
    assert run("deploy", version="v2")[0] == 1
    assert entries(run) == before


def test_the_oldest_entries_are_forgotten(swarm, site, monkeypatch):
    monkeypatch.setattr(audit, "LENGTH", 3)
    for number in range(5):
        with audit.recorded(site, f"deploy v{number}"):
            pass
    assert [entry["what"] for entry in store.read(site, "audit")] == ["deploy v2", "deploy v3", "deploy v4"]


def test_a_command_succeeds_although_it_cannot_be_recorded(swarm, site, run):
    assert run("setup")[0] == 0
    swarm.reached = lambda arguments: "deploy.kind=audit" not in arguments
    status, printed = run("deploy", version="v2")
    assert status == 0
    assert "This is not in the audit trail" in printed


def test_entries_are_objects_for_programs(run):
    assert run("setup", "USER=ada")[0] == 0
    found = [json.loads(line) for line in run("audit", "JSON=1")[1].splitlines()]
    assert [(entry["who"], entry["what"]) for entry in found][-1] == ("ada", "setup")


def test_nothing_is_left_of_a_site_that_is_removed(swarm, site, run):
    assert run("setup")[0] == 0
    assert run("stack-rm", "EVERYTHING=1", "CONFIRM=site")[0] == 0
    assert swarm.stored == {"config": {}, "secret": {}}
