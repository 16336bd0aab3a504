"""What tests of backups have in common: data of many kinds in a site, a dump of all of it, and the loss of a volume."""

import re
import shutil
import time
from pathlib import Path

from support.engine import docker

KINDS = Path(__file__).with_name("kinds.sql")
KILLED = Path(__file__).with_name("killed.sh")
UPLOADS = ["plain.txt", "Ünïcødé 文件 🎉.bin", "folder/İstanbul/ ein 'Bild' mit \"Zeichen\".jpg"]
# Writes a file: its path, and its size in units of 256 bytes.
WRITE = """
import pathlib, sys
path = pathlib.Path("/srv/media", sys.argv[1])
path.parent.mkdir(parents=True, exist_ok=True)
path.write_bytes(bytes(range(256)) * int(sys.argv[2]))
"""


def add_data(site):
    """Give a site tables of many types in the schema "kinds", and uploads."""
    psql(site, "--file", "-", "--set", "rows=100000", "--set", f"owner={database(site)}", stdin=KINDS.read_text())
    for number, name in enumerate(UPLOADS):
        docker("exec", site.containers("django")[0], "python", "-c", WRITE, name, str(number * 1000))


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
        remove_volume(site.service(volume))


def remove_volume(name):
    """Remove a volume and the containers that use it."""
    for container in docker("ps", "--all", "--quiet", "--filter", f"volume={name}").split():
        docker("rm", "--force", container, check=False)
    docker("volume", "rm", name)


def add_killed(site):
    """Have programs in the image of the backups that can be killed: see kill_at."""
    folder = site.project / "deployment/backups"
    shutil.copy(KILLED, folder / "killed")
    links = "for i in restic pg_restore gosu; do ln -s /opt/backups/killed /killed/$i; done"
    with (folder / "Dockerfile").open("a") as dockerfile:
        dockerfile.write(f"RUN mkdir /killed && {links}\nENV PATH=/killed:$PATH\n")


def kill_at(site, pattern):
    """Let the next container of a backup be killed while a command runs that matches."""
    in_repository(site, f"echo '{pattern}' > /backups/kill")


def in_repository(site, script):
    """Run a shell script where the volumes are that have the repository, and what the scheduler reads."""
    volumes = (f"--volume={site.service('backups')}:/backups", f"--volume={site.service('backup_status')}:/status")
    return docker(
        "run", "--rm", "--network", "none", *volumes, "--entrypoint", "sh", "postgres:18-alpine", "-ec", script
    )


def wait_for_status(site, text, *, healthy):
    """Run `make status` until it says something, and succeeds or does not."""
    deadline = time.monotonic() + 120
    while True:
        found, printed = site.attempt("status")
        if (found == 0) == healthy and text in printed:
            return printed
        assert time.monotonic() < deadline
