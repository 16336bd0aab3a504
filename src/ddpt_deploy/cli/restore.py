from ddpt_deploy.release import backups, caddy, smoke_test
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, backup: str = "", table: str = "") -> None:
    """Restore a backup in place of the database, with the site in maintenance; the database before is kept.

    Args:
        backup: its ID, or latest
        table: only this one, into a schema beside; nothing else changes
    """
    with lock.held(site, f"restore {backup}") as site:
        found = backups.find(site, backup or "latest")
        if table:
            where = backups.restore_table(site, found, table)
            site.console.say(
                f"{table} as of {found.when:%Y-%m-%d %H:%M:%S} UTC is in the {where}, beside the current one."
            )
            return
        site.console.confirm(
            f"Everything that was written to {site.settings.url} after {found.when:%Y-%m-%d %H:%M:%S} UTC will not be there. "
            f"Restore the backup {found}?"
        )
        before = caddy.in_maintenance(site)
        caddy.set_maintenance(site, True)
        try:
            kept = backups.restore(site, found)
        finally:
            caddy.set_maintenance(site, before)
        if not before:
            with site.console.step("smoke-test") as step:
                step.detail = smoke_test.run(site, step=step)
    site.console.say(f"The database of before is {kept}. To drop it: make dbshell, then DROP DATABASE {kept};")
