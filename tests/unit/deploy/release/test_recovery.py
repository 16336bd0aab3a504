"""Which moments the database can be restored to, and what it is restored from."""

import json

import pytest

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import recovery

MONDAY, TUESDAY = "20261123-020000", "20261124-020000"


def snapshots(identity, time, slot, since, *kinds):
    """Return the snapshots of a backup with a base backup."""
    tags = [identity, "kind=scheduled", "release=v1", "postgres=18", *(kinds or ["verified"])]
    base = {"id": "b", "time": time, "tags": [*tags, "base", f"slot={slot}", f"since={since}"]}
    files = {"id": "f", "time": time, "tags": [*tags, "files"]}
    return [base, files]


def wal(name, until, slot):
    return {"id": name, "time": until, "tags": ["wal", "open", f"slot={slot}", f"until={until}"]}


STORED = [
    wal("w0", "2026-11-23T01:59:00Z", "backup_1"),
    *snapshots(MONDAY, "2026-11-23T02:00:00.5Z", "backup_1", "2026-11-23T02:00:09Z"),
    wal("w1", "2026-11-23T14:00:00Z", "backup_1"),
    *snapshots(TUESDAY, "2026-11-24T02:00:00.5Z", "backup_1", "2026-11-24T02:00:09Z"),
    wal("w2", "2026-11-24T10:15:30Z", "backup_1"),
]


def chosen(stored, to):
    target = recovery.parse(to)
    base, names = recovery.choose(recovery.bases(stored), target)
    return base.backup, *names


@pytest.mark.parametrize(
    ("to", "sources"),
    [
        ("2026-11-23 02:00:09", (MONDAY, "w1")),
        ("2026-11-23 14:00:00", (MONDAY, "w1")),
        ("2026-11-23 14:00:01", (MONDAY, "w1", "w2")),
        # while the next backup was taken
        ("2026-11-24 02:00:08", (MONDAY, "w1", "w2")),
        ("2026-11-24 02:00:09", (TUESDAY, "w2")),
        ("2026-11-24 10:15", (TUESDAY, "w2")),
        ("2026-11-24T10:15:30+00:00", (TUESDAY, "w2")),
        ("2026-11-24 12:15:30+02:00", (TUESDAY, "w2")),
    ],
)
def test_moment_is_restored_from_the_last_base_backup_before_it_and_the_wal_until_it(to, sources):
    assert chosen(STORED, to) == sources


@pytest.mark.parametrize("to", ["2026-11-23 02:00:08", "2026-11-24 10:15:31", "2026-11-24 10:15:30-01:00"])
def test_moment_out_of_range_is_refused_with_the_range(to):
    with pytest.raises(DeployError) as refused:
        chosen(STORED, to)
    assert "from 2026-11-23 02:00:09 UTC to 2026-11-24 10:15:30 UTC" in refused.value.message
    assert refused.value.hint == 'make restore TO="2026-11-24 10:15:30"'


@pytest.mark.parametrize("to", ["yesterday", "2026-11-24", "10:15", "2026-11-24 25:00", "9999-12-31 23:00-02:00"])
def test_what_is_not_a_time_is_refused(to):
    with pytest.raises(DeployError, match="is not a time"):
        recovery.parse(to)


def test_gap_between_two_slots_is_out_of_range():
    stored = [
        *STORED,
        *snapshots("20261125-030000", "2026-11-25T03:00:00Z", "backup_2", "2026-11-25T03:00:07Z"),
        wal("w3", "2026-11-25T09:00:00Z", "backup_2"),
    ]
    assert chosen(stored, "2026-11-25 08:00") == ("20261125-030000", "w3")
    assert chosen(stored, "2026-11-24 10:00") == (TUESDAY, "w2")
    with pytest.raises(DeployError, match="10:15:30 UTC and from 2026-11-25 03:00:07 UTC"):
        chosen(stored, "2026-11-24 22:00")


def test_base_backup_that_was_not_verified_or_has_no_wal_is_none():
    taken = (MONDAY, "2026-11-23T02:00:00Z", "backup_1", "2026-11-23T02:00:09Z")
    unverified = [*snapshots(*taken, "unverified"), wal("w1", "2026-11-23T14:00:00Z", "backup_1")]
    alone = snapshots(*taken)
    for stored in (unverified, alone, []):
        with pytest.raises(DeployError, match="no WAL is stored"):
            chosen(stored, "2026-11-23 10:00")


def created(swarm):
    """Return what jobs of backups ran."""
    jobs = [" ".join(words) for words in swarm.commands if words[:2] == ("service", "create")]
    swarm.commands.clear()
    return [words for words in jobs if "site_backup-" in words]


def test_restore_to_a_time(swarm, run):
    assert run("setup", "BACKUP_WAL=yes")[0] == 0
    swarm.logs["site_backup-list"] = json.dumps(STORED)
    assert "from 2026-11-23 02:00:09 UTC to 2026-11-24 10:15:30 UTC" in run("backups")[1]
    created(swarm)
    assert run("restore", "TO=2026-11-24 10:15", "BACKUP_WAL=yes", "YES=1")[0] == 0
    _, restored, *_ = created(swarm)
    assert restored.endswith(f"restore {TUESDAY} site_restored 2026-11-24T10:15:00+00:00 w2")
    assert "--cap-add SETUID" in restored
    assert run("restore-drill", "TO=2026-11-23 10:15")[0] == 0
    assert f"drill {MONDAY} site_drill 2026-11-23T10:15:00+00:00 w1" in created(swarm)[1]
    swarm.logs["site_backup-restore-table"] = "schema backup_2026"
    assert run("restore", "TABLE=shop_order", "TO=2026-11-23 10:15")[0] == 0
    assert created(swarm)[1].endswith("site_restored shop_order 2026-11-23T10:15:00+00:00 w1")


def test_newest_wal_is_stored_before_a_restore_to_a_time_that_is_not_stored_yet(swarm, run):
    assert run("setup", "BACKUP_WAL=yes")[0] == 0
    swarm.logs["site_backup-list"] = json.dumps(STORED)
    late = wal("w4", "2026-11-24T10:16:30Z", "backup_1")

    def store(words):
        if words[:2] == ("service", "create") and words[-1] == "push":
            swarm.logs["site_backup-list"] = json.dumps([*STORED, late])

    swarm.on_command = store
    created(swarm)
    assert run("restore", "TO=2026-11-24 10:16", "BACKUP_WAL=yes", "YES=1")[0] == 0
    assert created(swarm)[3].endswith("2026-11-24T10:16:00+00:00 w2 w4")
    # the database is lost, and its last minute
    swarm.fate["site_backup-push"] = "crashes"
    status, printed = run("restore", "TO=2026-11-24 10:17", "BACKUP_WAL=yes", "YES=1")
    assert status == 1
    assert "The newest WAL cannot be stored" in printed
    assert "to any second from" in printed
    assert all("restored" not in words for words in created(swarm))


def test_time_is_refused_beside_a_backup_and_without_wal(swarm, run):
    assert run("setup")[0] == 0
    swarm.logs["site_backup-list"] = "[]"
    assert "exclude each other" in run("restore", "BACKUP=latest", "TO=2026-11-24 10:15")[1]
    assert "deploy-backups" in run("restore", "TO=2026-11-24 10:15", "YES=1")[1]
    assert not any("maintenance" in name for name in swarm.stored["config"])
