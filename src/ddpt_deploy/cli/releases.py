"""Commands that make releases, list them and keep others from making one."""

import time
from dataclasses import replace

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import git, hooks, image, pipeline, preflight, removal
from ddpt_deploy.site import lock, releases
from ddpt_deploy.site.releases import Release
from ddpt_deploy.site.site import Site


def deploy(
    site: Site, version: str = "", check: bool = False, allow_dirty: bool = False, image: str = "", force: bool = False
) -> None:
    """Deploy the working copy, without a failed request.

    version: its name; the git revision when left out
    check: only check whether a deploy could start, and list everything that is wrong
    allow_dirty: also build what is not committed
    image: pull this image of the working copy, NAME@sha256:DIGEST, and build none
    force: keep the release although its smoke test fails; make releases shows that
    """
    if check:
        with site.console.step("preflight"):
            preflight.check(site, allow_dirty=allow_dirty)
        return
    version = git.valid_version(version) if version else git.version(site.project)
    with lock.held(site, f"deploy {version}") as site:
        with hooks.step(site, "preflight", version):
            preflight.check(site, allow_dirty=allow_dirty, pushed=bool(image))
        pipeline.run(site, version, image, force=force)


def rollback(site: Site, version: str = "", force: bool = False) -> None:
    """Roll back to the release before, or to VERSION; migrations are not reversed.

    version: a version on record, or its beginning
    force: keep the release although its smoke test fails
    """
    with lock.held(site, f"rollback {version}".strip()) as site:
        target = _rollback_target(site, version)
        image.ensure(site, target.image)
        again = replace(target, rollback_of=target.original_number)
        done = pipeline.activate(site, again, time.monotonic(), force=force)
    site.console.say(
        f"Release {done.number} ({done.version}, that of release {done.rollback_of}) is at {site.settings.url}"
    )


def _rollback_target(site: Site, version: str) -> Release:
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
    if later := sorted(set(current.migrations) - set(target.migrations)):
        site.console.warn(f"{target.version} does not know these migrations, which stay: {', '.join(later)}")
        if backup := releases.backup_between(recorded, target):
            site.console.warn(f"The backup from before them: make restore BACKUP={backup}")
        site.console.confirm("Does its code work with them?")
    return target


def list_releases(site: Site) -> None:
    """List the releases on record, the newest first."""
    recorded = releases.history(site)
    # in no registry, and `docker system prune --all` removes what no container uses
    gone = {one.image for one in recorded if "@" not in one.image and not site.docker.inspect("image", one.image)}
    rows = [
        {
            "release": str(release.number),
            "version": release.version,
            "when": release.when,
            "who": release.who,
            "seconds": f"{release.seconds:.0f}",
            "migrations": str(len(release.migrations)),
            "": ("current" if release is recorded[-1] else "")
            + (f" (rollback to {release.rollback_of})" if release.rollback_of else "")
            + (f" (unhealthy, {release.unhealthy})" if release.unhealthy else "")
            + (" its image is gone" if release.image in gone else ""),
        }
        for release in reversed(recorded)
    ]
    if not rows:
        site.console.say("There is no release yet: make setup")
    site.console.table(rows)


def build(site: Site, push: bool = False) -> None:
    """Build the image of the working copy.

    push: also push it to the registry
    """
    if push and not site.settings.registry:
        raise DeployError("There is no registry to push to.", hint=f"set REGISTRY in {site.settings.environment}.env")
    pipeline.build(site, git.version(site.project), push=push)


def migrate(site: Site, allow_dirty: bool = False) -> None:
    """Run the migrations of the working copy, and change nothing else: the release that runs must work with them.

    allow_dirty: also build what is not committed
    """
    version = git.version(site.project)
    with lock.held(site, f"migrate {version}") as site:
        with hooks.step(site, "preflight", version):
            preflight.check(site, allow_dirty=allow_dirty)
        pipeline.migrate(site, releases.candidate(site, version, *pipeline.build(site, version)))


def prune(site: Site) -> None:
    """Remove releases, images, configs and secrets that nothing needs any more, as each deploy does at its end."""
    with lock.held(site, "prune") as site, site.console.step("prune") as step:
        step.detail = removal.prune(site) or "nothing to remove"


def acquire_lock(site: Site, message: str = "locked by hand") -> None:
    """Lock the site, so that nobody deploys.

    message: why, for others who try to deploy
    """
    lock.acquire(site, message)
    site.console.say(f"{site.stack} is locked. To unlock it: make deploy-unlock")


def release_lock(site: Site, mine: bool = False) -> None:
    """Release the lock, also one that somebody else holds.

    mine: only a lock that this user holds
    """
    holder = lock.held_by(site)
    if not holder:
        site.console.say("The site is unlocked already.")
    elif mine and holder["who"] != site.user:
        site.console.say(f"{site.stack} stays {lock.describe(holder)}.")
    else:
        lock.release(site)
        site.console.say(f"Unlocked; it was {lock.describe(holder)}.")


def list_hooks(site: Site) -> None:
    """List the hooks: programs in hooks/ that run before and after a step."""
    paths = [hooks.path(site, moment, step) for step in hooks.STEPS for moment in ("before", "after")]
    site.console.table([{"hook": path.name, "": "exists" if path.is_file() else ""} for path in paths])
