"""List the releases on record."""

from deploy import release
from deploy.site import Site


def run(site: Site) -> None:
    """Print each release, the newest first."""
    recorded = release.history(site)
    rows = [
        {
            "release": str(entry.number),
            "version": entry.version,
            "when": entry.when,
            "who": entry.who,
            "seconds": f"{entry.seconds:.0f}",
            "migrations": str(len(entry.migrations)),
            "": ("runs" if entry is recorded[-1] else "") + (f" (again: {entry.restores})" if entry.restores else ""),
        }
        for entry in reversed(recorded)
    ]
    if not rows:
        site.console.say("There is no release yet: make setup")
    site.console.table(rows)
