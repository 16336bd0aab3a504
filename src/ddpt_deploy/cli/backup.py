from ddpt_deploy.release import backups
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site) -> None:
    """Back up the database, the uploads and the certificates, and read all back."""
    with lock.held(site, "backup") as site, site.console.step("backup") as step:
        step.detail = backups.take(site, "manual", step)
