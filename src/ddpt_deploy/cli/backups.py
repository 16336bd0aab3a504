"""Commands that back up the site, and restore it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backups, probe, proxy, recovery, smoke_test
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site

EXTERNAL = "The database is external: who provides it backs it up and restores it. These backups have the other files."


def backup(site: Site) -> None:
    """Back up the database, the uploads and the certificates, and read all back."""
    with lock.held(site, "backup") as site, site.console.step("backup") as step:
        step.detail = backups.take(site, "manual")
    if site.settings.external_database:
        site.console.say(EXTERNAL)


def list_backups(site: Site) -> None:
    """List the backups, the newest first, and the moments that can be restored."""
    snapshots = backups.snapshots(site)
    rows = [
        {"backup": one.id, "when": one.when, "MB": one.megabytes, "release": one.release, "kind": one.kind}
        | {"": "verified" if one.verified else "NOT VERIFIED"}
        for one in reversed(backups.from_snapshots(snapshots))
    ]
    site.console.table(rows)
    for span in recovery.ranges(recovery.bases(snapshots)):
        site.console.say(f"{span}: any second, by make restore TO=")
    site.console.say(f"kept in {site.settings.backup_repository or 'the volume ' + site.name('backups')}")


def backup_download(site: Site, backup: str = "latest") -> None:
    """Write a backup into two files, not encrypted: the database for pg_restore, and a tar archive of the files.

    backup: its ID; the newest that is verified when left out
    """
    found = backups.find(site, backup)
    for kind, name, ending in (("database", "database.dump", "dump"), ("files", "/data", "tar")):
        if kind == "database" and not found.has_database:
            site.console.say(EXTERNAL)
            continue
        path = Path(f"{site.stack}-{found.id}.{ending}")
        with site.console.step(kind) as step:
            backups.download(site, path, "download", found.id, kind, name)
            step.detail = f"{path}, {path.stat().st_size / 1e6:.2f} MB"


def restore(site: Site, backup: str = "", to: str = "", table: str = "") -> None:
    """Restore a backup in place of the database, with the site in maintenance; the database before is kept.

    backup: its ID; the newest that is verified when left out
    to: the database as of this time in UTC, with BACKUP_WAL=yes: "2026-11-24 10:15:30"
    table: only this one, into a schema beside; nothing else changes
    """
    with lock.held(site, f"restore {backup or to or 'latest'}") as site:
        found = _find(site, backup, to)
        if site.settings.external_database:
            backups.restore_files(site, found)
            site.console.say(EXTERNAL)
            return
        if table:
            where = backups.restore_table(site, found, table)
            site.console.say(f"{table} as of {found.when} is in the {where}, beside the current one.")
            return
        lost = f"Everything that was written to {site.settings.url} after {found.when} will not be there."
        site.console.confirm(f"{lost} Restore the backup {found}?")
        with maintenance(site):
            kept = backups.restore(site, found)
    site.console.say(f"The database of before is {kept}. To drop it: make dbshell, then DROP DATABASE {kept};")


def restore_drill(site: Site, backup: str = "", to: str = "") -> None:
    """Restore a backup into a throw-away database and compare it with what was dumped; the site is not touched.

    backup: its ID; the newest that is verified when left out
    to: the database as of this time, as for restore
    """
    with lock.held(site, f"restore-drill {backup or to or 'latest'}") as site:
        backups.drill(site, _find(site, backup, to))


@contextmanager
def maintenance(site: Site) -> Iterator[None]:
    """Have the site in maintenance while its data changes; one that then fails the smoke test stays in it."""
    before = proxy.in_maintenance(site)
    proxy.set_maintenance(site, True)
    try:
        yield
    except BaseException:
        proxy.set_maintenance(site, before)
        raise
    # before clients see it
    with site.console.step("smoke-test") as step:
        step.detail = smoke_test.run(site, probe.CLIENT_ERROR)
    proxy.set_maintenance(site, before)


def _find(site: Site, backup: str, to: str) -> backups.Backup:
    if backup and to:
        raise DeployError("BACKUP and TO exclude each other.", hint="leave one out")
    return backups.at(site, to) if to else backups.find(site, backup or "latest")
