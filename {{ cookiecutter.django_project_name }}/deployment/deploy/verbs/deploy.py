"""Bring the working copy to the site, without a failed request."""

from deploy import delivery, git, lock, preflight
from deploy.site import Site


def run(site: Site) -> None:
    """Build, migrate, roll, ask, record; on failure the release before runs on."""
    with lock.held(site, f"deploy {git.version(site.folder.parent)}"):
        with delivery.step(site, "preflight"):
            preflight.check(site)
        release = delivery.deliver(site)
    site.console.say(f"Release {release.number} ({release.version}) is at {site.settings.url}")
