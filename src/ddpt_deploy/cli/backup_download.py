from pathlib import Path

from ddpt_deploy.release import backups
from ddpt_deploy.site import services
from ddpt_deploy.site.site import Site


def run(site: Site, backup: str = "") -> None:
    """Write a backup into two files, not encrypted: the database as pg_restore reads it, and a tar archive of the files.

    Args:
        backup: its ID, or latest
    """
    found = backups.find(site, backup or "latest")
    container = services.container(site, "backups")
    for kind, name, ending in (("database", "database.dump", "dump"), ("files", "/data", "tar")):
        path = Path(f"{site.stack}-{found.id}.{ending}")
        with site.console.step(kind) as step:
            site.docker.save(path, "exec", container, f"{backups.PROGRAMS}/restore", "download", found.id, kind, name)
            step.detail = f"{path}, {path.stat().st_size / 1e6:.2f} MB"
