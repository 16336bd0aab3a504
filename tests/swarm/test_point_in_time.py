"""Restores to a second between two backups, by the write-ahead log (WAL), and a site whose WAL cannot be received or stored."""

import re

import pytest

from support.backups import add_killed, dump, in_repository, kill_at, lose, psql, wait_for_status
from support.engine import docker
from support.processes import until
from support.projects import NOTHING
from support.site import Site, set_up

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("point-in-time")]


@pytest.fixture(scope="module")
def site(engine, swarm_lock, tmp_path_factory):
    """A site that stores its WAL, and keeps little of it for a receiver that is down."""
    settings = {"HTTP_PORT": "9580", "HTTPS_PORT": "9543", "BACKUP_WAL": "yes"}
    site = Site(tmp_path_factory.mktemp("wal"), "proof-wal", NOTHING, **settings)
    site.add_proof()
    add_killed(site)
    site.edit("deployment/stacks/scheduler.yml", "every 10m check_backup", "every 2s check_backup")
    site.edit("deployment/stacks/postgres.yml", "max_slot_wal_keep_size=2GB", "max_slot_wal_keep_size=64MB")
    site.commit("programs that can be killed")
    with set_up(site, swarm_lock):
        # no backup is taken by hand: one is due when WAL is received
        until(lambda: ranges(site), 240)
        yield site


def ranges(site):
    """Return from when to when the database can be restored, as `make backups` says; nothing before the first backup."""
    return re.findall(r"^from (\S+ \S+) UTC to (\S+ \S+) UTC", site.attempt("backups")[1], re.MULTILINE)


def write(site, name):
    assert site.ask(f"/proof/{name}/", "POST", b"x").status == 201


def second_between(site):
    """Return a second that everything was written before, and that everything that follows is written after."""
    column = "to_char(date_trunc('second', now() AT TIME ZONE 'UTC') + interval '1 second', 'YYYY-MM-DD HH24:MI:SS')"
    second = psql(site, "--command", f"SELECT {column}").strip()
    until(lambda: psql(site, "--command", f"SELECT clock_timestamp() > '{second}+00'").strip() == "t", 240)
    return second


def rows(site):
    """Return the database as SQL, without the sequences: recovery may leave out some of their numbers."""
    return re.sub(r"^SELECT pg_catalog.setval.*$", "", dump(site), flags=re.MULTILINE)


def databases(site):
    return psql(site, "--command", "SELECT datname FROM pg_database")


def slots(site):
    return psql(site, "--command", "SELECT slot_name FROM pg_replication_slots").split()


def test_database_is_restored_to_a_second_between_two_writes(site):
    write(site, "first")
    second = second_between(site)
    before = rows(site)
    write(site, "later")
    psql(site, "--command", "DELETE FROM proof_entry WHERE name = 'first'")
    printed = site.make("restore", TABLE="proof_entry", TO=second)
    schema = re.search("is in the schema (backup_[0-9_]+)", printed)[1]
    assert psql(site, "--command", f"SELECT name FROM {schema}.proof_entry").split() == ["first"]
    psql(site, "--command", f"DROP SCHEMA {schema} CASCADE")
    assert site.stored() == ["later"]
    printed = site.make("restore", TO=second, YES="1")
    assert "✓ smoke-test" in printed
    assert rows(site) == before
    assert site.stored() == ["first"]
    [kept] = re.findall(r"DROP DATABASE (\w+);", printed)
    assert psql(site, "--dbname", kept, "--command", "SELECT name FROM proof_entry").split() == ["later"]
    write(site, "after")
    # what was there before the restore can still be restored, and what came after it
    for name in ("after", "later"):
        assert name not in before
    site.make("restore-drill", TO=second_between(site))
    psql(site, "--command", f"DROP DATABASE {kept}")


@pytest.mark.parametrize("to", ["yesterday", "2001-01-01 10:15", "2999-01-01 10:15"])
def test_time_that_cannot_be_restored_is_refused_and_site_stays(site, to):
    [*_, (begin, _)] = ranges(site)
    before = rows(site)
    printed = site.refuse("restore", TO=to, YES="1")
    assert "is not a time" in printed if to == "yesterday" else f"to any second from {begin}" in printed
    assert rows(site) == before
    assert "restored" not in databases(site)
    assert site.ask("/proof/who/").status == 200


@pytest.mark.parametrize("step", ["^restic dump.*base.tar", "^restic restore.*wal", "^gosu", "^pg_restore"])
def test_restore_to_a_second_that_is_killed_changes_nothing(site, step):
    write(site, f"killed{len(site.stored())}")
    second = second_between(site)
    before = rows(site)
    kill_at(site, step)
    assert "backup-restore failed" in site.refuse("restore", TO=second, YES="1")
    assert rows(site) == before
    assert site.ask("/proof/who/").status == 200
    site.make("restore", TO=second, YES="1")
    assert rows(site) == before
    assert "restored" not in databases(site)


def test_backup_with_base_backup_that_is_killed_costs_no_second(site):
    begin = ranges(site)[0][0]
    kill_at(site, "^restic backup.*,base,")
    assert "backup-manual failed" in site.refuse("backup")
    site.make("restore-drill", TO=second_between(site))
    assert ranges(site)[0][0] == begin
    site.make("backup")
    assert "NOT VERIFIED" not in site.make("backups")
    assert ranges(site)[0][0] == begin
    site.make("restore-drill", TO=second_between(site))


def test_wal_that_cannot_be_stored_does_not_stop_the_site_and_is_seen_in_status(site):
    wait_for_status(site, "is verified and recent", healthy=True)
    in_repository(site, "cd /backups; mv repository good; touch -d '2026-01-01 00:00:00' /status/stored")
    try:
        wait_for_status(site, "No WAL has been stored for", healthy=False)
        write(site, f"unstored{len(site.stored())}")
    finally:
        in_repository(site, "cd /backups; mv good repository")
    wait_for_status(site, "is verified and recent", healthy=True)
    before = rows(site)
    site.make("restore-drill", TO=second_between(site))
    assert rows(site) == before


def test_receiver_that_is_down_for_too_long_costs_a_gap_and_no_write(site):
    begin = ranges(site)[-1][0]
    [slot] = slots(site)
    docker("service", "scale", "--detach=false", f"{site.service('backups')}=0")
    gap = second_between(site)
    for number in range(8):
        write(site, f"gap{number}")
        psql(site, "--command", "SELECT pg_switch_wal()")
    psql(site, "--command", "CHECKPOINT")
    state = f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{slot}'"
    assert psql(site, "--command", state).strip() == "lost"
    docker("service", "scale", "--detach=false", f"{site.service('backups')}=1")
    until(lambda: ranges(site)[-1][0] != begin, 240)
    assert "to any second from" in site.refuse("restore", TO=gap, YES="1")
    for second in (begin, second_between(site)):
        site.make("restore-drill", TO=second)
    assert slots(site) != [slot]


def test_lost_volume_of_the_database_is_restored_to_the_last_second_that_is_stored(site):
    write(site, f"lost{len(site.stored())}")
    written = second_between(site)
    before, stored = rows(site), site.stored()
    # within a minute, by the service itself
    until(lambda: any(end >= written for _, end in ranges(site)), 240)
    last = max(end for _, end in ranges(site))
    lose(site, "postgres", "postgres")
    printed = site.make("restore", TO=last, YES="1")
    assert "✓ smoke-test" in printed
    assert rows(site) == before
    assert site.stored() == stored
    # another database, another slot, and what was written before it is still there
    until(lambda: ranges(site)[-1][1] > last, 240)
    site.make("restore-drill", TO=last)
    site.make("restore-drill", TO=second_between(site))


def test_wal_is_switched_off_and_on_while_postgresql_runs(site):
    container = site.containers("postgres")
    site.make("deploy-backups", BACKUP_WAL="no")
    until(lambda: slots(site) == [], 240)
    site.make("backup", BACKUP_WAL="no")
    assert ranges(site) == []
    assert "no WAL is stored" in site.refuse("restore", TO="2026-01-01 10:15", YES="1", BACKUP_WAL="no")
    wait_for_status(site, "is verified and recent", healthy=True)
    site.make("deploy-postgres", "deploy-backups")
    until(lambda: ranges(site), 240)
    site.make("restore-drill", TO=second_between(site))
    assert site.containers("postgres") == container
