"""Run the migrations of the working copy, and change nothing else."""

from datetime import UTC, datetime

from deploy import database, delivery, git, lock, preflight, release
from deploy.site import Site


def run(site: Site) -> None:
    """Build the image and run the job; the release that runs must work with the new schema."""
    version = git.version(site.folder.parent)
    with lock.held(site, f"migrate {version}"):
        with delivery.step(site, "preflight"):
            preflight.check(site)
        built = delivery.make_image(site, version)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        candidate = release.new(site, version, built, who=lock.who(), when=when)
        with delivery.step(site, "migrate", VERSION=version) as step:
            step.detail = str(database.migrate(site, candidate, step))
