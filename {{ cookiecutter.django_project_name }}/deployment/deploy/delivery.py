"""How a release happens, step by step, and what is done when a step fails."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from deploy import cleaning, database, git, hooks, image, inside, lock, maintenance, outside, release, static
from deploy.console import Step
from deploy.errors import DeployError
from deploy.image import Image
from deploy.release import Release
from deploy.site import Site


@contextmanager
def step(site: Site, name: str, **facts: str) -> Iterator[Step]:
    """Do a step between its hooks, and print how it went."""
    hooks.run(site, "before", name, **facts)
    with site.console.step(name) as shown:
        yield shown
    hooks.run(site, "after", name, **facts)


def make_image(site: Site, version: str) -> Image:
    """Build the image of the working copy, and push it where there is a registry."""
    with step(site, "build", VERSION=version) as shown:
        built = image.build(site, version)
        shown.detail = built.reference
    if site.settings.registry:
        with step(site, "push", VERSION=version) as shown:
            built = image.push(site, built)
            shown.detail = built.reference
    return built


def deliver(site: Site) -> Release:
    """Bring the working copy to the site. On any failure the release that was recorded last runs on, or again."""
    version = git.version(site.folder.parent)
    started = time.monotonic()
    built = make_image(site, version)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    candidate = release.new(site, version, built, who=lock.who(), when=when)
    with step(site, "migrate", VERSION=version) as shown:
        migrations = database.migrate(site, candidate, shown)
        shown.detail = str(migrations)
    with step(site, "static", VERSION=version) as shown:
        shown.detail = static.publish(site, candidate, shown)
    done = switch(site, replace(candidate, migrations=migrations.known), started)
    housekeeping(site)
    return done


def switch(site: Site, target: Release, started: float) -> Release:
    """Roll Django to a release, ask the site whether it is well, and record it; else put back what was recorded."""
    recorded = release.history(site)
    try:
        with step(site, "roll", VERSION=target.version) as shown:
            release.roll(site, target, step=shown)
            shown.detail = target.version
        with step(site, "ask", VERSION=target.version) as shown:
            shown.detail = "not asked: maintenance" if maintenance.is_on(site) else outside.check(site, step=shown)
    except BaseException:
        try:
            restore(site, recorded)
        except DeployError as error:
            # what went wrong first says more
            site.console.warn(f"The release before could not be put back: {error}")
        raise
    with step(site, "record", VERSION=target.version) as shown:
        number = recorded[-1].number + 1 if recorded else 1
        target = replace(target, number=number, seconds=round(time.monotonic() - started, 1))
        release.record(site, target)
        shown.detail = f"release {number}"
    with step(site, "prune", VERSION=target.version) as shown:
        shown.detail = cleaning.prune(site)
    return target


def housekeeping(site: Site) -> None:
    """Run ``manage.py housekeeping`` in a container. The release is out, so a failure is a warning."""
    try:
        with site.console.step("housekeeping") as shown:
            shown.detail = inside.output(site, "django", ["python", "manage.py", "housekeeping"])
    except DeployError as error:
        site.console.warn(f"{error}\nTo try again: make manage CMD=housekeeping")


def restore(site: Site, recorded: list[Release]) -> None:
    """Put every service of the application back to the release that was recorded last."""
    if not recorded:
        site.console.warn("There is no release before this one to go back to.")
        return
    with site.console.step("restore") as shown:
        release.roll(site, recorded[-1], step=shown)
        shown.detail = recorded[-1].version
