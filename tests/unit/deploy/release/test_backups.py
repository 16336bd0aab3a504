"""What restic's snapshots say of backups, and how a backup is restored."""

import base64
import json

import pytest

from ddpt_deploy.release import backups, probe, proxy
from ddpt_deploy.site import releases, stacks

ID = "20261126-213952"
MIGRATED = '{"applied": [], "known": ["shop.0001_initial"]}\n'


def snapshot(kind, *tags, identity=ID, size=1000):
    tags = [identity, "kind=manual", "release=v1", "postgres=18", kind, *tags]
    return {"time": f"2026-11-26T21:39:5{kind == 'files':d}Z", "tags": tags, "summary": {"total_bytes_processed": size}}


def jobs(swarm):
    """Return what the jobs of backups and restores ran, in order, and forget it."""
    created = [words for words in swarm.commands if words[:2] == ("service", "create")]
    swarm.commands.clear()
    return [" ".join(words) for words in created if "site_backup-" in " ".join(words)]


def test_a_backup_is_two_snapshots():
    [found] = backups.from_snapshots([snapshot("files", "verified", size=500), snapshot("database", "verified")])
    assert found == backups.Backup(ID, "v1", "manual", 1500, True)
    assert found.when == "2026-11-26 21:39:52 UTC"


def test_a_backup_that_was_interrupted_is_none():
    assert backups.from_snapshots([snapshot("database", "unverified")]) == []
    [found] = backups.from_snapshots([snapshot("database", "unverified"), snapshot("files", "unverified")])
    assert not found.verified


def test_restored_database_gets_the_migrations_of_the_release_before_it_is_that_of_the_site(swarm, run):
    assert run("setup")[0] == 0
    swarm.logs["site_backup-list"] = json.dumps([snapshot("database", "verified"), snapshot("files", "verified")])
    swarm.commands.clear()
    assert run("restore", "YES=1")[0] == 0
    _, restored, migrated, switched = jobs(swarm)
    assert restored.endswith(f"restore {ID} site_restored")
    assert "--cap-add DAC_OVERRIDE" in restored
    assert "/site_restored --env " in migrated
    # no other code uses that database
    assert "--env ALLOW_MIGRATIONS=all " in migrated
    assert migrated.endswith("manage.py migrate_release")
    assert "switch site_restored site_before_" in switched
    swarm.fate["site_backup-migrate"] = "crashes"
    assert run("restore", "YES=1")[0] == 1
    assert jobs(swarm)[-1].endswith("drop site_restored")
    # a program that is killed says nothing, others say what to do next
    for printed, hint in (("", "→ make status, then the same command again"), ("It failed.\n→ make x", "→ make x")):
        swarm.fate["site_backup-manual"], swarm.logs["site_backup-manual"] = "crashes", printed
        [said] = [line.strip() for line in run("backup")[1].splitlines() if "→" in line]
        assert said == hint
    assert not any("maintenance" in name for name in swarm.stored["config"])


def test_restored_site_that_fails_the_smoke_test_stays_in_maintenance(swarm, site, run):
    assert run("setup")[0] == 0
    swarm.logs["site_backup-list"] = json.dumps([snapshot("database", "verified"), snapshot("files", "verified")])
    swarm.answers["site:v1"] = (probe.SERVER_ERROR, "/ answered 500")
    status, printed = run("restore", "YES=1")
    assert status == 1
    assert "/ answered 500" in printed
    assert proxy.in_maintenance(site)
    swarm.answers.clear()
    assert run("restore", "YES=1")[0] == 0
    assert proxy.in_maintenance(site)
    assert run("maintenance", "--off")[0] == 0


@pytest.mark.parametrize(
    ("snapshots", "expected"),
    [
        ([], "No verified backup was found: There is no backup latest of site."),
        ([snapshot("database", "verified"), snapshot("files", "verified")], f"The newest verified backup is {ID} "),
    ],
)
def test_who_removes_everything_is_told_which_backup_there_is(swarm, run, snapshots, expected):
    assert run("setup")[0] == 0
    swarm.logs["site_backup-list"] = json.dumps(snapshots)
    assert expected in run("stack-rm", "EVERYTHING=1")[1]
    assert ("make backup-download" in run("stack-rm", "EVERYTHING=1")[1]) == bool(snapshots)
    typed = ["BACKUP_REPOSITORY=s3:https://s3.example.com/bucket/shop"]
    assert ("in s3:https://s3.example.com" in run("stack-rm", "EVERYTHING=1", *typed)[1]) == bool(snapshots)


def test_new_server_begins_with_a_backup_and_its_key(swarm, run, monkeypatch):
    refused = run("setup", "RESTORE=latest")[1]
    assert "RESTIC_PASSWORD: " in refused
    assert "export DDPT_RESTIC_PASSWORD=..." in refused
    assert "site_RESTIC_PASSWORD_1" not in swarm.stored["secret"]
    monkeypatch.setenv("DDPT_RESTIC_PASSWORD", "the key")
    swarm.logs["site_backup-list"] = json.dumps([snapshot("database", "verified"), snapshot("files", "verified")])
    swarm.commands.clear()
    status, printed = run("setup", "RESTORE=latest", version="v9")
    assert status == 0
    stored = swarm.stored["secret"]["site_RESTIC_PASSWORD_1"]["Spec"]["Data"]
    assert base64.b64decode(stored) == b"the key"
    _, files, restored, _, dropped, _ = jobs(swarm)
    assert files.endswith(f"restore-files {ID}")
    assert restored.endswith(f"restore {ID} site_restored")
    assert "drop site_before_" in dropped
    assert "no empty server" in run("setup", "RESTORE=latest")[1]
    assert f"backup {ID} is of release v1" in printed


def test_new_server_knows_the_releases_of_the_old_one(swarm, site, run, monkeypatch):
    for version in ("v1", "v2"):
        assert run("setup" if version == "v1" else "deploy", version=version)[0] == 0
        words = [
            words for words in swarm.commands if words[0] == "service" and "site_records" in words and "--name" in words
        ][-1]
    records = [
        base64.b64decode(one["Spec"]["Data"]).decode()
        for name, one in swarm.stored["config"].items()
        if "release_" in name
    ]
    # what the backups are given
    assert [word for word in words if word.startswith("source=site_release_")] == [
        "source=site_release_1,target=/records/000001",
        "source=site_release_2,target=/records/000002",
    ]
    swarm.__init__()
    monkeypatch.setenv("DDPT_RESTIC_PASSWORD", "the key")
    swarm.logs = {"site_migrate": MIGRATED, "site_backup-records": "\n".join(records)}
    swarm.logs["site_backup-list"] = json.dumps([snapshot("database", "verified"), snapshot("files", "verified")])
    assert run("setup", "RESTORE=latest", version="v2")[0] == 0
    assert [(one.number, one.version) for one in releases.history(site)] == [(1, "v1"), (2, "v2"), (3, "v2")]
    assert "→ git checkout VERSION, then make deploy" in run("rollback", "VERSION=v1")[1]


def test_release_with_other_migrations_takes_a_backup_before_them(swarm, site, run):
    swarm.logs["site_backup-before-migrations"] = f"{ID}\n"
    disk = swarm._run
    # each image has the migration of its version, and v2 that of v1
    swarm._run = lambda words, *rest: (
        (0, words[words.index("find") + 1].partition("-")[0].replace("v2", "v1"), "")
        if "find" in words
        else disk(words, *rest)
    )
    assert run("setup")[0] == 0
    swarm.commands.clear()
    # a change of settings alone brings none
    assert run("deploy-stack", "STACK=django")[0] == 0
    for version, backup in (("v2", ""), ("v3", ID)):
        assert run("deploy", version=version)[0] == 0
        assert releases.history(site)[-1].backup == backup
        # what the release before brought is on record
        assert sum("find" in words for words in swarm.commands) == 1
        swarm.commands.clear()
        swarm.logs["site_migrate"] = '{"applied": [], "known": ["shop.0001_initial", "shop.0002_price"]}\n'
    assert f"make restore BACKUP={ID}" in run("rollback", "YES=1")[1]


def test_image_of_the_backups_is_built_where_it_is_missing_and_removed_when_it_is_old(swarm, site, run):
    reference = stacks.own_images(site)["backups"]
    assert run("setup")[0] == 0
    built = [words[words.index("--tag") + 1] for words in swarm.commands if words[0] == "build"]
    assert built == [reference, "site:v1"]
    (site.folder / "backups/dump.sql").write_text("SELECT 1")
    changed = stacks.own_images(site)["backups"]
    assert run("deploy", version="v2")[0] == 0
    *_, kept, _ = swarm.pruned
    assert changed in kept.split()
    assert reference not in kept.split()
