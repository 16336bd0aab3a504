from ddpt_deploy.site import releases
from ddpt_deploy.site.site import Site


def run(site: Site) -> None:
    """List the releases on record, the newest first."""
    recorded = releases.history(site)
    rows = [
        {
            "release": str(release.number),
            "version": release.version,
            "when": release.when,
            "who": release.who,
            "seconds": f"{release.seconds:.0f}",
            "migrations": str(len(release.migrations)),
            "": ("current" if release is recorded[-1] else "")
            + (f" (rollback to {release.rollback_of})" if release.rollback_of else ""),
        }
        for release in reversed(recorded)
    ]
    if not rows:
        site.console.say("There is no release yet: make setup")
    site.console.table(rows)
