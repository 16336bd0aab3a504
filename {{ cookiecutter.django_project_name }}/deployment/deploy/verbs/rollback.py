"""Go back to the release before, or to VERSION."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from deploy import delivery, image, lock, release
from deploy.errors import DeployError
from deploy.site import Site


def run(site: Site) -> None:
    """Roll out a recorded release again; its migrations are not taken back."""
    with lock.held(site, f"rollback {site.option('VERSION')}".strip()):
        recorded = release.history_here(site)
        version = site.option("VERSION")
        unrecorded = release.unrecorded(site, recorded)
        before = recorded[-1] if unrecorded else release.before(recorded)
        target = release.find(recorded, version) if version else before
        if not target:
            raise DeployError("There is no release to go back to.", hint="make releases")
        current = recorded[-1]
        if target.content == current.content and not unrecorded:
            raise DeployError(f"{target.version} is what runs.", hint="make releases")
        later = release.migrations_between(current, target)
        if later:
            site.console.warn(f"{target.version} does not know these migrations, which stay: {', '.join(later)}")
            site.console.confirm("Does its code work with them?")
        image.fetch(site, target.image)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        again = replace(target, restores=target.origin, who=lock.who(), when=when)
        done = delivery.switch(site, again, time.monotonic())
    site.console.say(
        f"Release {done.number} ({done.version}, that of release {done.restores}) is at {site.settings.url}"
    )
