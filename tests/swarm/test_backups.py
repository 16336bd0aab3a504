"""Backups and restores of a site that is written to: what comes back is compared row by row, byte by byte."""

import re
from pathlib import Path

import pytest
from filelock import FileLock

from support.engine import docker
from support.projects import NOTHING
from support.site import Site
from support.traffic import Traffic

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("backups")]

KINDS = Path(__file__).parents[1] / "support/kinds.sql"
UPLOADS = ["plain.txt", "Ünïcødé 文件 🎉.bin", "folder/İstanbul/ ein 'Bild' mit \"Zeichen\".jpg"]
# Writes a file of so many times 256 bytes.
WRITE = """
import pathlib, sys
path = pathlib.Path("/srv/media", sys.argv[1])
path.parent.mkdir(parents=True, exist_ok=True)
path.write_bytes(bytes(range(256)) * int(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def site(engine, tmp_path_factory):
    """A site with tables of many types, uploads, and a load that writes."""
    site = Site(tmp_path_factory.mktemp("backups"), "proof-backups", NOTHING, HTTP_PORT="8580", HTTPS_PORT="8543")
    site.add_proof()
    try:
        with FileLock(tmp_path_factory.getbasetemp().parent / "swarm.lock"):
            site.make("setup", YES="1")
        psql(site, "--file", "-", "--set", "rows=100000", "--set", f"owner={database(site)}", stdin=KINDS.read_text())
        for number, name in enumerate(UPLOADS):
            docker("exec", site.containers("django")[0], "python", "-c", WRITE, name, str(number * 1000))
        yield site
    finally:
        site.remove()


def database(site):
    return site.stack.replace("-", "_")


def psql(site, *arguments, stdin=None):
    """Run psql as PostgreSQL's superuser, and return what it prints."""
    command = ["psql", "--username", "postgres", "--dbname", database(site), "--no-align", "--tuples-only", "--quiet"]
    return docker(
        "exec",
        "--interactive",
        site.containers("postgres")[0],
        *command,
        "--set",
        "ON_ERROR_STOP=1",
        *arguments,
        stdin=stdin,
    )


def dump(site):
    """Return the whole database as SQL: all rows, in their order, sequences and constraints included."""
    printed = docker("exec", site.containers("postgres")[0], "pg_dump", "--username", "postgres", database(site))
    # a random word in each dump
    return re.sub(r"^\\(un)?restrict .*$", "", printed, flags=re.MULTILINE)


def uploads(site):
    """Return the checksum, the mode and the owner of each uploaded file."""
    script = "find . -type f -exec sha256sum {} + -exec stat -c '%n %a %u' {} + | sort"
    return docker("exec", "--workdir", "/srv/media", site.containers("django")[0], "sh", "-c", script)


def lose(site, service, *volumes):
    """Lose volumes, and the service that uses them."""
    docker("service", "rm", site.service(service))
    for volume in volumes:
        name = site.service(volume)
        for container in docker("ps", "--all", "--quiet", "--filter", f"volume={name}").split():
            docker("rm", "--force", container, check=False)
        docker("volume", "rm", name)


def test_lost_database_is_restored_from_backup_taken_under_load(site):
    confirmed = {f"before{number}" for number in range(20)}
    assert {site.ask(f"/proof/{name}/", "POST", b"x").status for name in confirmed} == {201}
    traffic = Traffic(site.url, rate=20)
    traffic.start()
    with traffic.watch("backup") as seen:
        assert "MB, release" in site.make("backup")
    assert seen.failures == []
    with traffic.watch("restore drill") as seen:
        printed = site.make("restore-drill", BACKUP="latest")
        assert re.search(r"✓ restore .* rows of \d+ tables, \d+ files", printed)
    assert seen.failures == []
    traffic.stop()
    assert "NOT VERIFIED" not in site.make("backups")
    site.make("backup")
    before, files = dump(site), uploads(site)
    psql(site, "--command", "DROP SCHEMA kinds CASCADE; DELETE FROM proof_entry")
    lose(site, "postgres", "postgres")
    docker("exec", site.containers("django")[0], "sh", "-c", "rm -r /srv/media/*")
    printed = site.make("restore", BACKUP="latest", YES="1")
    assert "✓ smoke-test" in printed
    assert dump(site) == before
    assert uploads(site) == files
    assert confirmed <= set(site.stored())
    assert site.ask("/proof/after/", "POST", b"x").status == 201
