"""The order of a deploy, and what happens when a step fails."""

import time
from dataclasses import replace

from ddpt_deploy.errors import DeployError, DockerError, LockLostError
from ddpt_deploy.release import backups, caddy, database, image, migrations, prune, rollout, smoke_test, static_files
from ddpt_deploy.release.hooks import step
from ddpt_deploy.release.image import Image
from ddpt_deploy.site import lock, releases
from ddpt_deploy.site.releases import Release
from ddpt_deploy.site.site import Site


def run(site: Site, version: str) -> Release:
    """Build, migrate, publish static files, and activate. On any failure the release recorded last runs on, or again."""
    started = time.monotonic()
    built = build(site, version)
    candidate = releases.candidate(site, version, built.reference, built.digest)
    backup = backups.before_migrations(site, candidate)
    candidate = replace(candidate, backup=backup, migrations=migrate(site, candidate))
    with step(site, "static", version) as shown:
        shown.detail = static_files.publish(site, candidate, shown)
    return activate(site, candidate, started)


def build(site: Site, version: str) -> Image:
    """Build the image of the working copy, and push it where there is a registry."""
    with step(site, "build", version) as shown:
        built = image.build(site, version)
        shown.detail = built.reference
    if site.settings.registry:
        with step(site, "push", version) as shown:
            built = image.push(site, built)
            shown.detail = built.reference
    return built


def migrate(site: Site, candidate: Release) -> list[str]:
    """Run the migrations of a release, and return all that it knows."""
    with step(site, "migrate", candidate.version) as shown:
        try:
            found = migrations.migrate(site, candidate, shown)
        except DockerError:
            raise
        except DeployError:
            # That the database is lost says more than that nobody could log in.
            database.ensure(site)
            raise
        shown.detail = str(found)
    return found.known


def activate(site: Site, target: Release, started: float) -> Release:
    """Roll out a release, test the site, and record the release; when that fails restore the one recorded last.

    ``started`` is when its deploy did, in seconds of ``time.monotonic``.
    """
    try:
        with step(site, "roll", target.version) as shown:
            rollout.roll(site, target, step=shown)
            shown.detail = target.version
        with step(site, "smoke-test", target.version) as shown:
            maintenance = caddy.in_maintenance(site)
            shown.detail = "skipped: maintenance" if maintenance else smoke_test.run(site, step=shown)
        with step(site, "record", target.version) as shown:
            target = releases.record(site, target, time.monotonic() - started)
            shown.detail = f"release {target.number}"
    except BaseException:
        try:
            restore(site)
        except LockLostError:
            # what failed first may be the work of the command that has the lock now
            raise
        except DeployError as error:
            # what failed first says more
            site.console.warn(f"The release before could not be restored: {error}")
        raise
    with step(site, "prune", target.version) as shown:
        shown.detail = prune.prune(site)
    return target


def restore(site: Site) -> None:
    """Roll the application back to the release that was recorded last."""
    lock.check(site)
    recorded = releases.history(site)
    if not recorded:
        site.console.warn("There is no earlier release to roll back to.")
        return
    with site.console.step("restore") as shown:
        rollout.roll(site, recorded[-1], step=shown)
        shown.detail = recorded[-1].version
