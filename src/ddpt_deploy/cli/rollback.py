import time
from dataclasses import replace

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import image, pipeline
from ddpt_deploy.site import lock, releases
from ddpt_deploy.site.releases import Release
from ddpt_deploy.site.site import Site


def run(site: Site, version: str = "") -> None:
    """Roll back to the release before, or to VERSION; migrations are not reversed.

    Args:
        version: a version on record, or its beginning
    """
    with lock.held(site, f"rollback {version}".strip()) as site:
        target = find_target(site, version)
        image.pull(site, target.image)
        again = replace(target, rollback_of=target.original_number)
        done = pipeline.activate(site, again, time.monotonic())
    site.console.say(
        f"Release {done.number} ({done.version}, that of release {done.rollback_of}) is at {site.settings.url}"
    )


def find_target(site: Site, version: str) -> Release:
    """Return the release to roll back to; ask when it does not know migrations of the current one. Raises DeployError."""
    recorded = releases.history_for_domain(site)
    # from a release that is not on record, the one that is comes before
    unrecorded = releases.unrecorded(site, recorded)
    previous = recorded[-1] if unrecorded else releases.previous(recorded)
    target = releases.find(recorded, version) if version else previous
    if not target:
        raise DeployError("There is no release to roll back to.", hint="make releases")
    current = recorded[-1]
    if target.content == current.content and not unrecorded:
        raise DeployError(f"{target.version} is the current release.", hint="make releases")
    later = releases.migrations_between(current, target)
    if later:
        site.console.warn(f"{target.version} does not know these migrations, which stay: {', '.join(later)}")
        backup = releases.backup_between(recorded, target)
        if backup:
            site.console.warn(f"The backup from before them: make restore BACKUP={backup}")
        site.console.confirm("Does its code work with them?")
    return target
