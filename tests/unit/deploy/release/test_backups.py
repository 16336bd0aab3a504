"""What restic's snapshots say of backups, and what the scheduler's log says of its jobs."""

from datetime import UTC, datetime

from ddpt_deploy.release import backups
from ddpt_deploy.site import releases

ID = "20261126-213952"


def snapshot(kind, *tags, identity=ID, size=1000):
    tags = [identity, "kind=manual", "release=v1", "postgres=18", kind, *tags]
    return {"time": f"2026-11-26T21:39:5{kind == 'files':d}Z", "tags": tags, "summary": {"total_bytes_processed": size}}


def test_a_backup_is_two_snapshots():
    [found] = backups.from_snapshots([snapshot("files", "verified", size=500), snapshot("database", "verified")])
    assert found == backups.Backup(ID, "v1", "manual", 1500, True)
    assert found.when == datetime(2026, 11, 26, 21, 39, 52, tzinfo=UTC)


def test_a_backup_that_was_interrupted_is_none():
    assert backups.from_snapshots([snapshot("database", "unverified")]) == []
    [found] = backups.from_snapshots([snapshot("database", "unverified"), snapshot("files", "unverified")])
    assert not found.verified


def test_rollback_names_the_backup_before_later_migrations(site):
    recorded = [
        releases.Release(f"v{number}", "", "", "", {}, {}, number=number, backup=backup)
        for number, backup in enumerate(["", "first", "", "second"], start=1)
    ]
    assert [releases.backup_between(recorded, one) for one in recorded] == ["first", "second", "second", ""]


def test_exit_status_of_status_is_that_of_the_last_runs(swarm, run):
    assert run("setup")[0] == 0
    assert run("status")[0] == 0
    line = '{"jobs": {"check_backup": {"started": 0, "seconds": 1.5, "ok": %s, "printed": "too old"}, "x": null}}\n'
    swarm.logs["site_scheduler"] = line % "true" + "check_backup: ...\n" + line % "false"
    status, printed = run("status")
    assert status == 1
    assert "check_backup  1970-01-01T00:00:00+00:00  1.5      failed  too old" in printed
    swarm.logs["site_scheduler"] += line % "true"
    assert run("status")[0] == 0


def test_database_that_is_lost_is_named(swarm, run):
    assert run("setup")[0] == 0
    swarm.fate["site_database"] = "crashes"
    swarm.logs["site_database"] = "psql:/job.sql:7: ERROR:  The database of this site is lost."
    status, printed = run("setup")
    assert status == 1
    assert "make restore" in printed
    # a deploy says it rather than that nobody could log in
    swarm.fate["site_migrate"] = "crashes"
    assert "make setup NEW_DATABASE=1" in run("deploy", version="v2")[1]
