"""The order of a deploy, and what happens when a step fails."""

import time
from dataclasses import replace

from ddpt_deploy.errors import DeployError, DockerError, LockLostError
from ddpt_deploy.release import backups, database, image, migrations, proxy, removal, rollout, smoke_test
from ddpt_deploy.release.hooks import step
from ddpt_deploy.site import lock, releases
from ddpt_deploy.site.site import Site


def run(site: Site, version: str, pushed: str = "", *, force: bool = False) -> None:
    """Build, migrate, publish static files, and activate. On any failure the release recorded last runs on, or again.

    ``pushed`` is an image in a registry, which is pulled and not built; ``force`` records a release that is unhealthy.
    """
    started = time.monotonic()
    candidate = migrate(site, releases.candidate(site, version, *build(site, version, pushed)))
    with step(site, "static", version) as shown:
        shown.detail = proxy.publish_static(site, candidate)
    release = activate(site, candidate, started, force=force)
    site.console.say(f"Release {release.number} ({release.version}) is at {site.settings.url}")


def build(site: Site, version: str, pushed: str = "", *, push: bool = True) -> tuple[str, str]:
    """Pull the image that was ``pushed``, or build the working copy and ``push`` it; return name and digest."""
    if pushed:
        with step(site, "pull", version) as shown:
            shown.detail = pushed
            return pushed, image.pull(site, pushed, version)
    with step(site, "build", version) as shown:
        reference, digest, sent = image.build(site, version)
        shown.detail = f"{reference} {sent}".rstrip()
    if push and site.settings.registry:
        with step(site, "push", version) as shown:
            site.docker.run("push", reference)
            reference = shown.detail = image.pinned(site, reference)
    return reference, digest


def migrate(site: Site, candidate: releases.Release) -> releases.Release:
    """Back up before new migrations, run those of a release, and return it with all that it knows."""
    candidate = replace(candidate, migration_files=migrations.files(site, candidate.image))
    backup = backups.before_migrations(site, candidate)
    with step(site, "migrate", candidate.version) as shown:
        try:
            known, applied = migrations.migrate(site, candidate)
        except DeployError as error:
            if not isinstance(error, DockerError):
                # That the database is lost says more than that nobody could log in
                database.ensure(site)
            raise
        more = f" and {len(applied) - 3} more" if len(applied) > 3 else ""
        shown.detail = ", ".join(applied[:3]) + more or "nothing to do"
    return replace(candidate, backup=backup, migrations=known)


def activate(site: Site, target: releases.Release, started: float, *, force: bool = False) -> releases.Release:
    """Roll out a release, test the site, and record the release; when that fails restore the one recorded last.

    ``started`` is when its deploy did, in seconds of ``time.monotonic``. ``force`` records it even if it is unhealthy.
    """
    before, _, _ = smoke_test.ask(site)
    try:
        with step(site, "roll", target.version) as shown:
            rollout.roll(site, target)
            shown.detail = target.version
        with step(site, "smoke-test", target.version) as shown:
            problem = smoke_test.run(site, before, force=force)
            shown.detail = problem or f"{site.settings.url} is healthy"
        with step(site, "record", target.version) as shown:
            target = releases.record(site, replace(target, unhealthy=problem), time.monotonic() - started)
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
        shown.detail = removal.prune(site)
        backups.keep_records(site)
    return target


def restore(site: Site) -> None:
    """Roll the application back to the release that was recorded last."""
    lock.check(site)
    recorded = releases.history(site)
    if not recorded:
        site.console.warn("There is no earlier release to roll back to.")
        return
    with site.console.step("restore") as shown:
        rollout.roll(site, recorded[-1])
        shown.detail = recorded[-1].version
