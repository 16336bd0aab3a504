"""Backups: jobs in the container of ``stacks/backups.yml``, whose programs ``backup`` and ``restore`` do the work."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backing_services, database, image, job, migrations, recovery
from ddpt_deploy.site import releases, secrets, services, stacks
from ddpt_deploy.site.site import Site

# where the programs are
PROGRAMS = "/opt/backups"
# to write files of any user
WRITE = ("CHOWN", "DAC_OVERRIDE", "FOWNER")
# to run PostgreSQL as well, which refuses to run as root
RECOVER = (*WRITE, "SETGID", "SETUID")


@dataclass(frozen=True)
class Backup:
    """A backup in the repository: snapshots of restic's with one ID, of the files and, if not external, of the database."""

    id: str
    release: str
    # why it was made: scheduled, manual, before-migrations
    kind: str
    # bytes before compression
    size: int
    verified: bool
    has_database: bool = True
    # the moment that the database is restored to, if another, and what the program is told of it
    target: datetime | None = None
    wal: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        """Return the moment that it is of: when it was begun, or the target."""
        return recovery.text(self.target or datetime.strptime(f"{self.id}+0000", "%Y%m%d-%H%M%S%z"))

    @property
    def megabytes(self) -> str:
        """Return its size."""
        return f"{self.size / 1e6:.2f}"

    def __str__(self) -> str:
        """Name it, in a line."""
        target = f" and what was written from then until {self.when}" if self.target else ""
        return f"{self.id} ({self.megabytes} MB, release {self.release}){target}"


def take(site: Site, kind: str, *, fresh: int = 0) -> str:
    """Back up database and files, read all back, and return the ID; or that of one ``fresh`` minutes old at most."""
    return str(re.findall(r"^\d{8}-\d{6}$", run(site, "backup", kind, str(fresh)), re.MULTILINE)[-1])


def before_migrations(site: Site, candidate: releases.Release) -> str:
    """Take a backup where a release has other migrations than the current one; return its ID. Raises DeployError."""
    current = releases.history(site)[-1:]
    changed = any(one.migration_files != candidate.migration_files for one in current)
    if not changed or not site.settings.backup_before_migrations or site.settings.external_database:
        return ""
    with site.console.step("backup") as step:
        step.detail = take(site, "before-migrations", fresh=site.settings.backup_fresh_minutes)
    return step.detail


def snapshots(site: Site) -> list[dict[str, Any]]:
    """Return all snapshots of the site, as restic prints them. Raises DeployError when they cannot be read."""
    printed = run(site, "restore", "list")
    return list(json.loads(next((line for line in printed.splitlines() if line.startswith("[")), "[]")))


def from_snapshots(snapshots: Sequence[dict[str, Any]]) -> list[Backup]:
    """Return the backups that snapshots make up, the oldest first; one that was interrupted has no files."""
    sizes: dict[str, int] = {}
    databases = set()
    found = []
    for snapshot in sorted(snapshots, key=lambda one: str(one["time"])):
        named = dict(tag.partition("=")[::2] for tag in snapshot["tags"])
        if "wal" in named:
            continue
        identity = next(name for name in named if re.fullmatch(r"\d{8}-\d{6}", name))
        sizes[identity] = sizes.get(identity, 0) + snapshot.get("summary", {}).get("total_bytes_processed", 0)
        if "database" in named:
            databases.add(identity)
        if "files" in named:
            verified, has_database = "verified" in named, identity in databases
            found.append(Backup(identity, named["release"], named["kind"], sizes[identity], verified, has_database))
    return found


def find(site: Site, name: str) -> Backup:
    """Return the backup with an ID, or the ``latest`` that is verified. Raises DeployError."""
    for backup in reversed(from_snapshots(snapshots(site))):
        if backup.id == name or (name == "latest" and backup.verified):
            return backup
    raise DeployError(f"There is no backup {name} of {site.stack}.", hint="make backups")


def last(site: Site) -> str:
    """Tell which backup there is and where, for those who are about to remove the site."""
    try:
        backup = find(replace(site, settings=replace(site.settings, backup_timeout=60)), "latest")
    except DeployError as error:
        return f"No verified backup was found: {error.message}"
    volume = f"the volume {site.name('backups')}, which goes as well: make backup-download"
    return f"The newest verified backup is {backup}, in {site.settings.backup_repository or volume}"


def at(site: Site, to: str) -> Backup:
    """Return what the database is restored from as of a time, which a user wrote. Raises DeployError."""
    target = recovery.parse(to)
    found = snapshots(site)
    bases = recovery.bases(found)
    if bases and bases[-1].end < target <= datetime.now(UTC):
        # of the last minute; where the database is lost, it is as well
        try:
            run(site, "wal", "push")
        except DeployError as error:
            site.console.warn(f"The newest WAL cannot be stored: {error.cause}")
        found = snapshots(site)
    base, wal = recovery.choose(recovery.bases(found), target)
    backup = next(one for one in from_snapshots(found) if one.id == base.backup)
    return replace(backup, target=target, wal=(target.isoformat(), *wal))


def keep_records(site: Site) -> None:
    """Copy the records of releases to where backups, which do not reach the swarm, find them. Raises DeployError."""
    recorded = releases.history(site)
    copy = job.Job(
        name="records",
        image=recorded[-1].image,
        command=("sh", "-c", "cd /srv/schedule && awk 1 /records/* > .releases && mv .releases releases"),
        constraint="node.labels.data == yes",
        volumes={"/srv/schedule": "schedule"},
        configs={f"/records/{one.number:06}": site.name(f"release_{one.number}") for one in recorded},
    )
    job.run(site, copy, timeout=60)


def restore_records(site: Site, backup: Backup) -> str:
    """Store the records of releases in a backup, whose images may be gone; return how many. Raises DeployError."""
    printed = run(site, "restore", "records", backup.id)
    found = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    for content in found:
        releases.store_record(site, releases.from_record(content))
    return f"{len(found)} releases"


def restore_files(site: Site, backup: Backup) -> None:
    """Write all files of a backup into their volumes: uploads, certificates. Raises DeployError."""
    with site.console.step("files"):
        run(site, "restore", "restore-files", backup.id, capabilities=WRITE)


def restore(site: Site, backup: Backup) -> str:
    """Restore a backup in place of the database, and return the name that the database before has now.

    Until the last step that stays as it is: the backup is restored into a new one, compared with what was dumped, and
    given the migrations of the current release; then the names are switched. Raises DeployError.
    """
    restored = f"{site.settings.database}_restored"
    kept = f"{site.settings.database}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    with site.console.step("database"):
        backing_services.apply(site, stacks.get(site, "postgres"), new=True)
    _restore(site, backup, "restore", restored, capabilities=WRITE)
    try:
        _migrate(site, restored)
        with site.console.step("switch"):
            run(site, "restore", "switch", restored, kept, database.site_id(site))
    except DeployError:
        drop(site, restored)
        raise
    return kept


def restore_table(site: Site, backup: Backup, table: str) -> str:
    """Restore one table into a schema of the database, and return where it is. Raises DeployError."""
    return _restore(site, backup, "restore-table", f"{site.settings.database}_restored", table)[-1]


def drill(site: Site, backup: Backup) -> None:
    """Do what restore does, but with a throw-away database, and read all files. Raises DeployError."""
    restored = f"{site.settings.database}_drill"
    try:
        _restore(site, backup, "drill", restored)
        _migrate(site, restored)
    finally:
        drop(site, restored)


def download(site: Site, path: Path, *words: str) -> None:
    """Write what the program ``restore`` prints into a file. Raises DeployError; then there is no file."""
    with path.open("wb") as file:
        failed = site.docker.attach(
            "exec", services.container(site, "backups"), f"{PROGRAMS}/restore", *words, output=file
        )
    if failed:
        path.unlink()
        raise DeployError(f"{path} could not be written.", hint="make backups")


def drop(site: Site, name: str) -> None:
    """Drop a database that is not that of the site."""
    run(site, "restore", "drop", name)


def run(
    site: Site,
    program: str,
    *arguments: str,
    capabilities: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
    also: Mapping[str, Any] | None = None,
) -> str:
    """Run a program in a job, with more secrets, and what the service ``also`` has; return its output. Raises DeployError."""
    service = stacks.get(site, "backups").services["backups"]
    also = also or {}
    image.ensure(site, service["image"])
    task = job.Job(
        name=f"backup-{arguments[0]}",
        image=service["image"],
        command=(f"{PROGRAMS}/{program}", *arguments),
        capabilities=[*service["cap_add"], *capabilities],
        constraint=service["deploy"]["placement"]["constraints"][0],
        on_network=True,
        memory=str(service["deploy"]["resources"]["limits"]["memory"]),
        environment={**service["environment"], **also.get("environment", {})},
        volumes={**job.named_volumes(service), **job.named_volumes(also)},
        secrets={**secrets.files(site, "backups"), **(files or {})},
    )
    try:
        return job.run(site, task, timeout=site.settings.backup_timeout)
    except DeployError as error:
        # one that was killed could not say what to do next
        error.hint = error.hint or ("" if "→" in error.cause else "make status, then the same command again")
        raise


def _restore(site: Site, backup: Backup, what: str, *words: str, capabilities: Sequence[str] = ()) -> list[str]:
    """Run the program ``restore`` as a step, and return the lines that it prints. Raises DeployError."""
    with site.console.step("restore") as step:
        needed = RECOVER if backup.target else capabilities
        printed = run(site, "restore", what, backup.id, *words, *backup.wal, capabilities=needed).splitlines()
        step.detail = ", ".join(printed)
    return printed


def _migrate(site: Site, restored: str) -> None:
    """Run the migrations of the current release, if there is one, on a restored database. Raises DeployError."""
    for release in [] if site.settings.external_database else releases.history(site)[-1:]:
        words = ["python", "manage.py", "migrate_release"]
        migration = migrations.django_job(site, release, "backup-migrate", words, database=restored)
        # no code of another release uses that database
        migration = replace(migration, environment={**migration.environment, "ALLOW_MIGRATIONS": "all"})
        with site.console.step("migrate"):
            job.run(site, migration, timeout=site.settings.migration_timeout)
