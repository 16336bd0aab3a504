from ddpt_deploy.release import backups
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, backup: str = "") -> None:
    """Restore a backup into a throw-away database and compare it with what was dumped; the site is not touched.

    Args:
        backup: its ID, or latest
    """
    with lock.held(site, f"restore-drill {backup}") as site:
        backups.drill(site, backups.find(site, backup or "latest"))
