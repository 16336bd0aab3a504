from ddpt_deploy.release import backups
from ddpt_deploy.site.site import Site


def run(site: Site) -> None:
    """List the backups, the newest first."""
    rows = [
        {
            "backup": backup.id,
            "when": backup.when.isoformat(timespec="seconds"),
            "MB": backup.megabytes,
            "release": backup.release,
            "kind": backup.kind,
            "": "verified" if backup.verified else "NOT VERIFIED",
        }
        for backup in reversed(backups.listed(site))
    ]
    site.console.table(rows)
    site.console.say(f"kept in {site.settings.backup_repository or 'the volume ' + site.name('backups')}")
