"""Backups that are killed, damaged, lost or late, and restores that are: no good backup is lost, and the site stays."""

import json
import re
import subprocess
import tarfile
import time
import urllib.error
import urllib.request

import pytest

from support.backups import (
    UPLOADS,
    add_data,
    add_killed,
    database,
    dump,
    in_repository,
    kill_at,
    lose,
    psql,
    uploads,
    wait_for_status,
)
from support.engine import docker
from support.processes import until
from support.projects import NOTHING
from support.sftp import SftpServer
from support.site import Site, set_up
from support.traffic import Traffic, own_address

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("backups")]


@pytest.fixture(scope="module")
def site(engine, swarm_lock, tmp_path_factory):
    """A site whose backups can be killed at each step, with data of many kinds."""
    site = Site(tmp_path_factory.mktemp("backups"), "proof-backups", NOTHING, HTTP_PORT="9680", HTTPS_PORT="9643")
    site.add_proof()
    add_killed(site)
    site.edit("deployment/stacks/scheduler.yml", "every 10m check_backup", "every 2s check_backup")
    site.commit("programs that can be killed")
    with set_up(site, swarm_lock):
        add_data(site)
        yield site


def in_backups(site, script, check=True):
    """Run a script in the container of the backups, where restic knows the repository."""
    sourced = f"next=; . /opt/backups/repository.sh; next=; {script}"
    return docker("exec", site.containers("backups")[0], "bash", "-c", sourced, "/opt/backups/test", check=check)


def ids(site, **settings):
    """Return the IDs of the verified backups."""
    return re.findall(r"^(\d{8}-\d{6}) .*[^T] verified$", site.make("backups", **settings), re.MULTILINE)


def refuse(site, *targets, **variables):
    """Run `make`, which must fail and say what to type next; return what it printed."""
    printed = site.refuse(*targets, **variables)
    assert re.search("^ *→ .*make ", printed, re.MULTILINE), printed
    return printed


@pytest.mark.parametrize(
    "step",
    [
        "^restic backup.*database",
        "^restic backup.*files",
        "^restic check",
        "^restic dump",
        "^restic tag",
        "^restic forget.*prune",
    ],
)
def test_backup_that_is_killed_costs_no_other_backup(site, step):
    site.make("backup")
    before = ids(site)
    kill_at(site, step)
    assert "backup-manual failed" in refuse(site, "backup")
    assert set(before) <= set(ids(site))
    site.make("restore-drill", BACKUP=before[-1])
    site.make("backup")
    assert "NOT VERIFIED" not in site.make("backups")


@pytest.mark.parametrize("step", ["^pg_restore ", "^restic restore"])
def test_restore_that_is_killed_changes_nothing(site, step):
    site.make("backup")
    before = dump(site)
    kill_at(site, step)
    assert "backup-restore failed" in refuse(site, "restore", YES="1")
    assert dump(site) == before
    assert site.ask("/proof/who/").status == 200
    site.make("restore", YES="1")
    assert dump(site) == before
    assert "restored" not in psql(site, "--command", "SELECT datname FROM pg_database")


# Of all that the newest backup needs: what is left of older ones may be in the same files.
DAMAGES = {
    "bit flipped": (
        "for i in repository/data/*/*; do for at in $(seq 99 50000 $(stat -c %s $i)); do"
        " printf '\\377\\376' | dd of=$i bs=1 seek=$at conv=notrunc; done; done"
    ),
    "truncated": "for i in repository/data/*/*; do truncate -s $(($(stat -c %s $i) / 2)) $i; done",
    "lost": "find repository/data -size +100k -delete",
    "another key": "rm -r repository/keys; mkdir repository/keys",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_backup_is_refused_and_site_stays(site, damage):
    site.make("backup")
    before = dump(site)
    in_repository(site, "cd /backups; rm -rf good; cp -a repository good; chmod -R u+w repository; " + DAMAGES[damage])
    try:
        refuse(site, "restore", YES="1")
        assert dump(site) == before
        assert site.ask("/proof/who/").status == 200
        refuse(site, "restore-drill")
        refuse(site, "backup")
    finally:
        in_repository(site, "cd /backups; rm -rf repository; mv good repository")
    site.make("restore-drill")


BUCKET_KEYS = {"DDPT_BACKUP_S3_ACCESS_KEY_ID": "key", "DDPT_BACKUP_S3_SECRET_ACCESS_KEY": "secret"}
IDENTITY = {
    "identities": [
        {
            "name": "backups",
            "credentials": [{"accessKey": "key", "secretKey": "secret"}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
    ]
}


class Bucket:
    """A server of buckets outside of the swarm, at a port of this machine, with a volume that can be lost."""

    def __init__(self, name, folder):
        self.name = name
        (folder / "s3.json").write_text(json.dumps(IDENTITY))
        command = ["mini", "-dir=/data", "-s3.config=/s3.json"]
        ports = ["--publish", "8333:8333", "--volume", f"{name}:/data"]
        docker("create", "--name", name, *ports, "chrislusf/seaweedfs:latest", *command)
        docker("cp", str(folder / "s3.json"), f"{name}:/s3.json")
        # what make is told of it
        self.settings = {"BACKUP_REPOSITORY": f"s3:http://{own_address()}:8333/backups/{folder.name}"}

    def start(self):
        docker("start", self.name)
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen("http://localhost:8333", timeout=5)
            except urllib.error.HTTPError:
                # it wants a signature
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.5)

    def stop(self):
        docker("stop", self.name)

    def forget(self):
        """Lose all that it has stored."""
        self.stop()
        docker(
            "run",
            "--rm",
            "--volumes-from",
            self.name,
            "--entrypoint",
            "sh",
            "postgres:18-alpine",
            "-c",
            "rm -r /data/*",
        )
        self.start()

    def remove(self):
        docker("rm", "--force", self.name, check=False)
        docker("volume", "rm", self.name, check=False)


@pytest.fixture
def bucket(site, tmp_path):
    """A bucket to which the site has the keys."""
    bucket = Bucket(f"{site.stack}-bucket", tmp_path)
    try:
        bucket.start()
        site.make("secrets", **BUCKET_KEYS)
        yield bucket
    finally:
        bucket.remove()


def test_bucket_that_is_down_and_that_forgets(site, bucket):
    site.make("backup", **bucket.settings)
    first = ids(site, **bucket.settings)
    assert len(first) == 1
    site.make("restore-drill", **bucket.settings)
    bucket.stop()
    for command in ("backup", "backups", "restore"):
        assert f"{bucket.settings['BACKUP_REPOSITORY']} did not answer" in refuse(
            site, command, YES="1", **bucket.settings
        )
    assert site.ask("/proof/who/").status == 200
    bucket.start()
    site.make("backup", **bucket.settings)
    assert set(first) < set(ids(site, **bucket.settings))
    bucket.forget()
    assert "are gone" in refuse(site, "backup", **bucket.settings)


@pytest.fixture
def sftp(site):
    """A server to which the site has the key."""
    server = None
    try:
        server = SftpServer(f"{site.stack}-sftp")
        yield server
    finally:
        if server:
            server.remove()


def test_sftp_server_with_wrong_host_key_refused_key_and_down(site, sftp):
    assert "BACKUP_SFTP_KEY or BACKUP_SFTP_KNOWN_HOSTS is missing" in refuse(site, "backup", **sftp.settings)
    right = {"DDPT_BACKUP_SFTP_KEY": sftp.key, "DDPT_BACKUP_SFTP_KNOWN_HOSTS": sftp.known_hosts()}
    wrong = {**right, "DDPT_BACKUP_SFTP_KNOWN_HOSTS": sftp.known_hosts("/client.pub")}
    site.make("secrets", **wrong)
    assert "has another host key than BACKUP_SFTP_KNOWN_HOSTS" in refuse(site, "backup", **sftp.settings)
    site.make("rotate-secret", NAME="BACKUP_SFTP_KNOWN_HOSTS", **right)
    site.make("backup", **sftp.settings)
    before = dump(site)
    assert len(ids(site, **sftp.settings)) == 1
    site.make("restore-drill", **sftp.settings)
    sftp.stop()
    for command in ("backup", "backups", "restore"):
        printed = refuse(site, command, YES="1", **sftp.settings)
        assert re.search(r"did not answer: .*Connection refused\n *→ see whether the server runs", printed)
    assert site.ask("/proof/who/").status == 200
    sftp.start()
    site.make("restore", YES="1", **sftp.settings)
    assert dump(site) == before
    sftp.forget_client()
    assert re.search(r"refuses the key BACKUP_SFTP_KEY: .*Permission denied", refuse(site, "backups", **sftp.settings))


def test_new_server_from_backups_alone(site, bucket):
    """The site is removed with all its data, secrets and releases; the repository and the key remain."""
    site.make("backup", **bucket.settings)
    before, files, released = dump(site), uploads(site), site.make("releases")
    current = released.splitlines()[1].split()[1]
    key = site.make("backup-key").strip()
    site.make("stack-rm", EVERYTHING="1", CONFIRM=site.stack)
    assert "RESTIC_PASSWORD: " in refuse(site, "setup", RESTORE="latest", YES="1", **bucket.settings)
    wrong = {**BUCKET_KEYS, "DDPT_RESTIC_PASSWORD": "another"}
    assert "with another key" in refuse(site, "setup", RESTORE="latest", YES="1", **bucket.settings, **wrong)
    site.make("stack-rm", EVERYTHING="1", CONFIRM=site.stack)
    right = {**BUCKET_KEYS, "DDPT_RESTIC_PASSWORD": key}
    printed = site.make("setup", RESTORE="latest", YES="1", **bucket.settings, **right)
    assert f"is of release {current}" in printed
    # the releases of the old server, and one more
    known = [line.split()[:4] for line in site.make("releases").splitlines()]
    assert known[2:] == [line.split()[:4] for line in released.splitlines()[1:]][: len(known) - 2]
    assert int(known[1][0]) == int(known[2][0]) + 1
    assert uploads(site) == files
    assert dump(site) == before
    assert site.ask("/proof/after_setup/", "POST", b"x").status == 201
    # more can be uploaded
    docker("exec", site.containers("django")[0], "touch", "/srv/media/after")
    assert "no empty server" in refuse(site, "setup", RESTORE="latest", YES="1")


def test_empty_volume_is_not_taken_for_a_new_site(site):
    site.make("backup")
    before = dump(site)
    lose(site, "postgres", "postgres")
    for command in ("setup", "deploy"):
        assert "make restore" in refuse(site, command, YES="1")
    site.make("restore", YES="1")
    assert dump(site) == before
    site.make("deploy")
    # the volume of another site
    psql(site, "--command", f"ALTER DATABASE {database(site)} SET site.id = 'another'")
    assert "that of another site" in refuse(site, "setup", YES="1")
    site.make("setup", NEW_DATABASE="1", YES="1")


def test_status_and_its_exit_status_show_failed_backup(site):
    # a drill that was due while another test had lost the database has failed
    site.make("backup", "restore-drill")
    assert "housekeeping" in wait_for_status(site, "is verified and recent", healthy=True)
    # one is due now, and cannot be taken
    in_repository(site, "cd /backups; mv repository good; for i in state/*/verified; do touch -d '3 days ago' $i; done")
    wait_for_status(site, "The last backup failed", healthy=False)
    in_repository(site, "cd /backups; mv good repository")
    site.make("backup")
    wait_for_status(site, "is verified and recent", healthy=True)


def test_release_with_migrations_takes_a_backup_before_them(site):
    assert "✓ backup" not in site.make("deploy")
    site.change()
    assert "✓ backup" in site.make("deploy", BACKUP_FRESH_MINUTES="0")
    newest = ids(site)[0]
    assert f"{newest}" in re.search(".*before-migrations.*", site.make("backups"))[0]
    assert f"make restore BACKUP={newest}" in site.make("rollback", YES="1")
    site.make("restore", BACKUP=newest, YES="1")
    site.make("deploy", BACKUP_BEFORE_MIGRATIONS="no")


def test_one_table_comes_back_beside_the_current_one(site):
    site.make("backup")
    before = psql(site, "--command", "SELECT * FROM kinds.many ORDER BY id")
    psql(site, "--command", "DELETE FROM kinds.many WHERE id % 3 = 0")
    printed = site.make("restore", TABLE="kinds.many")
    schema = re.search("is in the schema (backup_[0-9_]+)", printed)[1]
    assert psql(site, "--command", f"SELECT * FROM {schema}.many ORDER BY id") == before
    assert psql(site, "--command", "SELECT count(*) FROM kinds.many").strip() == "66667"
    assert "does not exist" in refuse(site, "restore", TABLE="kinds.nothing")


def test_backup_is_downloaded(site):
    site.make("backup")
    site.make("backup-download")
    assert site.git("status", "--porcelain") == ""
    [files] = (site.project / "deployment").glob("*.tar")
    with tarfile.open(files) as archive:
        names = archive.getnames()
    assert {f"data/media/{name}" for name in UPLOADS} <= set(names)
    [database_file] = (site.project / "deployment").glob("*.dump")
    where = f"{database_file.parent}:/download"
    listed = docker(
        "run",
        "--rm",
        "--volume",
        where,
        "postgres:18-alpine",
        "pg_restore",
        "--list",
        f"/download/{database_file.name}",
    )
    assert "TABLE DATA public proof_entry" in listed
    files.unlink()
    database_file.unlink()


def test_rotated_key_opens_all_backups_and_the_old_one_none(site, tmp_path):
    site.make("backup")
    before, old = ids(site), site.make("backup-key").strip()
    site.make("rotate-secret", NAME="RESTIC_PASSWORD")
    new = site.make("backup-key").strip()
    assert new != old
    assert ids(site) == before
    site.make("restore-drill", BACKUP=before[-1])
    site.make("backup")
    for key, opens in ((old, False), (new, True)):
        tried = in_backups(site, f"RESTIC_PASSWORD_FILE=<(echo {key}) restic cat config", check=False)
        assert ("chunker_polynomial" in tried) is opens


def test_password_of_the_superuser_is_rotated(site):
    site.make("rotate-secret", NAME="POSTGRES_PASSWORD")
    site.make("backup")
    site.make("restore-drill")


def test_sort_order_is_that_of_postgresql(site):
    row = psql(
        site, "--command", f"SELECT datlocprovider, datlocale FROM pg_database WHERE datname = '{database(site)}'"
    )
    assert row.strip() == "b|C.UTF-8"


def test_postgresql_that_stops_in_the_middle_fails_the_backup(site):
    site.make("backup")
    before = ids(site)
    holder = subprocess.Popen(
        ["docker", "exec", site.containers("postgres")[0], "psql", "--username", "postgres", database(site),
         "--command", "BEGIN; LOCK TABLE kinds.many; SELECT pg_sleep(120)"],
    )  # fmt: skip
    process = site.start("backup")
    waits = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 60
    while not psql(site, "--command", waits).strip():
        assert time.monotonic() < deadline
    docker("kill", site.containers("postgres")[0])
    printed, _ = process.communicate(timeout=120)
    holder.wait(60)
    assert process.returncode != 0
    assert "server closed the connection" in printed
    site.wait_for("postgres", 1)
    assert ids(site) == before
    site.make("backup")
    site.make("restore-drill")


def test_backup_of_a_newer_postgresql_is_refused(site):
    site.make("backup")
    before, newest = dump(site), ids(site)[0]
    tag = "restic tag --quiet --tag {} --remove postgres={} --add postgres={}"
    in_backups(site, tag.format(newest, 18, 19))
    for command in ("restore", "restore-drill"):
        printed = refuse(site, command, BACKUP=newest, YES="1")
        assert re.search(r"is of a newer PostgreSQL: 19, and this is 18\.\n *→ image: postgres:19-alpine", printed)
    assert dump(site) == before
    in_backups(site, tag.format(newest, 19, 18))
    site.make("restore-drill", BACKUP=newest)


def test_drill_runs_when_it_is_due_and_one_that_fails_is_seen(site):
    site.make("backup")
    due = "for i in /backups/state/*/; do touch -d '9 days ago' $i/drilled; done"
    drilled = "find /backups/state/*/drilled -mmin -5"
    in_repository(site, due)
    until(lambda: in_repository(site, drilled).strip(), 120)
    wait_for_status(site, "is verified and recent", healthy=True)
    # the repository is gone, and no backup is due
    in_repository(site, f"cd /backups; mv repository good; {due}")
    try:
        printed = wait_for_status(site, "The last restore drill failed", healthy=False)
        assert "→ bring it back" in printed
        assert not in_repository(site, drilled).strip()
    finally:
        in_repository(site, "cd /backups; mv good repository")
    # a backup that is due does not wait until the drill is tried again
    in_repository(site, "for i in /backups/state/*/verified; do touch -d '3 days ago' $i; done")
    until(lambda: in_repository(site, "find /backups/state/*/verified -mmin -5").strip(), 120)
    wait_for_status(site, "The last restore drill failed", healthy=False)
    site.make("restore-drill")
    wait_for_status(site, "is verified and recent", healthy=True)


def test_full_disk_fails_the_backup_and_costs_no_other(site):
    """The volume of the backups is one of 48 MB."""
    stack = "deployment/stacks/backups.yml"
    site.edit(stack, "source: backups\n", "source: small\n")
    small = "volumes:\n  small:\n    driver_opts: {type: tmpfs, device: tmpfs, o: size=48m}\n"
    site.edit(stack, "\nvolumes:\n", f"\n{small}")
    # a volume in memory lasts as long as a container has it
    volume = site.service("small")
    holder = f"{site.stack}-holder"
    try:
        site.make("deploy-backups")
        docker(
            "run", "--detach", "--name", holder, "--volume", f"{volume}:/backups", "postgres:18-alpine", "sleep", "600"
        )
        site.make("backup")
        before = ids(site)
        psql(
            site,
            "--command",
            "CREATE TABLE noise AS SELECT gen_random_uuid() AS a, gen_random_uuid() AS b FROM generate_series(1, 2000000)",
        )
        printed = refuse(site, "backup")
        assert "no space left on device" in printed
        assert re.search(r"The disk of the volume backups is full: \d+ MB are free\.\n *→ .*make backup", printed)
        assert ids(site) == before
        assert site.ask("/proof/who/").status == 200
        psql(site, "--command", "DROP TABLE noise")
        site.make("restore-drill", BACKUP=before[0])
        site.make("backup")
        assert len(ids(site)) == len(before) + 1
    finally:
        site.git("checkout", "--quiet", stack)
        docker("rm", "--force", holder, check=False)
        site.make("deploy-backups")


def test_indexes_of_another_sort_order_are_named_and_rebuilt(site):
    assert "sorts text" not in site.make("status")
    psql(site, "--command", f"UPDATE pg_database SET datcollversion = '0' WHERE datname = '{database(site)}'")
    # PostgreSQL warns each program of it
    assert re.search(r"✓ backup .* \d{8}-\d{6}\n", site.make("backup"))
    for command in ("status", "deploy", "deploy-postgres"):
        printed = site.refuse(command)
        assert f"sorts text in another way than the indexes: {database(site)} (0, now 1)" in printed
        assert "make reindex" in printed
    site.make("reindex")
    assert "sorts text" not in site.make("status")


def test_million_rows_under_a_hundred_requests_a_second(site):
    psql(
        site,
        "--command",
        "CREATE TABLE million AS SELECT n, md5(n::text) AS text FROM generate_series(1, 1000000) AS n",
    )
    psql(site, "--command", "ALTER TABLE million ADD PRIMARY KEY (n)")
    traffic = Traffic(site.url, rate=100)
    traffic.start()
    try:
        with traffic.watch("backup of a million rows") as seen:
            printed = site.make("backup")
        assert seen.failures == []
        confirmed = set(traffic.stored)
        with traffic.watch("restore drill of a million rows") as seen:
            printed += site.make("restore-drill")
        assert seen.failures == []
    finally:
        traffic.stop()
    assert int(re.search(r"(\d+) rows of \d+ tables", printed)[1]) > 1_000_000
    site.make("backup", "backups")
    before = dump(site)
    lose(site, "postgres", "postgres")
    site.make("restore", YES="1")
    assert dump(site) == before
    assert confirmed <= set(site.stored())
    psql(site, "--command", "DROP TABLE million")
