"""Commands that set up the site, make releases, list them and keep others from making one."""

import re
import time
from dataclasses import replace

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backing_services, backups, database, git, hooks, image, pipeline, preflight, removal
from ddpt_deploy.site import audit, lock, releases, secrets, stacks, swarm
from ddpt_deploy.site.site import Site


def setup(
    site: Site,
    advertise_addr: str = "",
    restore: str = "",
    new_database: bool = False,
    move: bool = False,
    allow_dirty: bool = False,
) -> None:
    """Set up the site: swarm, secrets, all services and a release; safe to repeat.

    advertise_addr: address of this node, for a new swarm
    restore: begin with a backup, latest or its ID, on a server that has nothing yet
    new_database: begin with an empty database where that of the site is lost, or with that of another site
    move: the site gets another DOMAIN_NAME than its last release had
    allow_dirty: also build what is not committed
    """
    with site.console.step("swarm") as step:
        step.detail = swarm.bootstrap(site, advertise_addr)
    with lock.held(site, "setup") as site:
        if restore and releases.history(site):
            problem = f"{site.stack} has releases: this is no empty server."
            raise DeployError(problem, hint="make restore, or make setup")
        # with another key nothing could be read
        secrets.complete(site, given="RESTIC_PASSWORD" if restore else "")
        with hooks.step(site, "preflight"):
            preflight.check(site, setup=True, move=move, allow_dirty=allow_dirty)
        backup = backups.find(site, restore) if restore else None
        if backup:
            backups.restore_files(site, backup)
        for stack in stacks.backing(site):
            with site.console.step(stack.name):
                backing_services.apply(site, stack, new=new_database)
        if backup and not site.settings.external_database:
            backups.drop(site, backups.restore(site, backup))
        if backup:
            with site.console.step("records") as step:
                step.detail = backups.restore_records(site, backup)
            then = f"git checkout {backup.release}, then make deploy"
            site.console.say(f"The backup {backup.id} is of release {backup.release}. For the code of then: {then}")
        pipeline.run(site, git.version(site.project))


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
    # it becomes part of an image's tag, which has 128 characters at most
    if version and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", version):
        raise DeployError(f"VERSION: {version!r} is invalid: give letters, digits, dots and hyphens, 100 at most.")
    version = version or git.version(site.project)
    with lock.held(site, f"deploy {version}") as site:
        with hooks.step(site, "preflight", version):
            preflight.check(site, allow_dirty=allow_dirty, pushed=bool(image))
        pipeline.run(site, version, image, force=force)


def deploy_stack(site: Site, stack: str = "django", force: bool = False) -> None:
    """Apply one stack file and the settings as they are now; Django keeps its version.

    stack: a file in stacks/, without its ending
    force: keep the change of Django although its smoke test fails
    """
    found = stacks.get(site, stack)
    # A change of the proxy or Redis opens no database connection
    if found.is_application or stack == "postgres":
        preflight.check_sizes(site.settings)
    with lock.held(site, f"deploy-{stack}") as site:
        if found.is_application:
            current = releases.current(site)
            now = releases.candidate(site, current.version, current.image, current.digest)
            changed = replace(current, stacks=now.stacks, environment=now.environment, backup="")
            pipeline.activate(site, changed, time.monotonic(), force=force)
            return
        releases.history_for_domain(site)
        with site.console.step(stack):
            backing_services.apply(site, found)
        if stack == "postgres" and (problems := database.sort_order_problems(site)):
            raise DeployError(f"{problems[0]}.", cause="Rows may not be found.", hint="make reindex")


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
    version = f"{done.version}, that of release {done.rollback_of}"
    site.console.say(f"Release {done.number} ({version}) is at {site.settings.url}")


def _rollback_target(site: Site, version: str) -> releases.Release:
    """Return the release to roll back to; ask when it does not know current migrations. Raises DeployError."""
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
    with audit.recorded(site, f"lock: {message}"):
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
        with audit.recorded(site, f"unlock, {lock.describe(holder)}"):
            lock.release(site)
        site.console.say(f"Unlocked; it was {lock.describe(holder)}.")


def list_hooks(site: Site) -> None:
    """List the hooks: programs in hooks/ that run before and after a step."""
    paths = [hooks.path(site, moment, step) for step in hooks.STEPS for moment in ("before", "after")]
    site.console.table([{"hook": path.name, "": "exists" if path.is_file() else ""} for path in paths])
