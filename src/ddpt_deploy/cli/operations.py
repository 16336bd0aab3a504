"""Commands that set up the site, change it between releases, and remove it."""

import time
from contextlib import nullcontext
from dataclasses import replace

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import (
    backing_services,
    backups,
    database,
    git,
    hooks,
    pipeline,
    preflight,
    proxy,
    removal,
    rollout,
    rotation,
)
from ddpt_deploy.site import lock, releases, secrets, stacks, swarm
from ddpt_deploy.site.settings import PREFIX
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
            raise DeployError(
                f"{site.stack} has releases: this is no empty server.", hint="make restore, or make setup"
            )
        # with another key nothing could be read
        secrets.complete(site, given="RESTIC_PASSWORD" if restore else "")
        with hooks.step(site, "preflight"):
            preflight.check(site, setup=True, move=move, allow_dirty=allow_dirty)
        backup = backups.find(site, restore) if restore else None
        if backup:
            backups.restore_files(site, backup)
        backing_services.apply_all(site, new_database=new_database)
        if backup:
            backups.drop(site, backups.restore(site, backup))
            with site.console.step("records") as step:
                step.detail = backups.restore_records(site, backup)
            then = f"git checkout {backup.release}, then make deploy"
            site.console.say(f"The backup {backup.id} is of release {backup.release}. For the code of then: {then}")
        pipeline.run(site, git.version(site.project))


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


def reindex(site: Site) -> None:
    """Rebuild all indexes, after a new image of PostgreSQL that sorts text in another way; tables are locked meanwhile."""
    with lock.held(site, "reindex") as site, site.console.step("reindex"):
        database.reindex(site)


def list_secrets(site: Site) -> None:
    """List the secrets; those that are missing are generated or asked for."""
    secrets.complete(site)
    stored = secrets.versions(site)
    rows = [
        {
            "secret": entry.name,
            "version": str(stored[entry.name][-1]) if entry.name in stored else "none",
            "for": ", ".join(entry.stacks),
            "about": entry.about,
        }
        for entry in secrets.catalogue(site)
    ]
    site.console.table(rows)


def rotate_secret(site: Site, name: str = "") -> None:
    """Give a secret a new value, without a failed request.

    name: a secret of secrets.toml
    """
    known = {entry.name: entry for entry in secrets.catalogue(site)}
    if name not in known:
        message = f"There is no secret {name}." if name else "NAME is required."
        raise DeployError(message, hint=f"NAME is one of {', '.join(known)}")
    with lock.held(site, f"rotate {name}") as site:
        value = secrets.new_value(site, known[name])
        if not value:
            raise DeployError(f"{name} has no new value.", hint=f"{PREFIX}{name}=... make rotate-secret NAME={name}")
        rotation.rotate(site, name, value)


def maintenance(site: Site, off: bool = False) -> None:
    """Have the proxy answer all but static files with its maintenance page and status 503; Django may be down meanwhile.

    off: no longer
    """
    what = f"maintenance {'off' if off else 'on'}"
    holder = lock.held_by(site)
    # Behind `make deploy-lock`, whose lock has no token, is no command that this could interfere with.
    locked = nullcontext(site) if holder and not holder.get("token") else lock.held(site, what)
    with locked as site, site.console.step(what):
        proxy.set_maintenance(site, not off)
    if not off:
        site.console.say(f"To see the site meanwhile: {site.settings.url}/?maintenance_bypass={proxy.bypass(site)}")


def scale(site: Site, service: str = "django", replicas: str = "") -> None:
    """Run another number of containers until the next deploy.

    service: django when left out
    replicas: how many containers
    """
    # two schedulers would run each job twice
    scalable = [name for stack in stacks.application(site) for name in stack.services if name != "scheduler"]
    if not replicas.isdecimal() or service not in scalable:
        problem = f"REPLICAS={replicas} of {service}: only {' and '.join(scalable)} can be scaled, to a number."
        raise DeployError(problem, hint="make scale REPLICAS=3")
    if service == "django":
        preflight.check_sizes(replace(site.settings, django_replicas=int(replicas)))
    with lock.held(site, f"scale {service} to {replicas}") as site, site.console.step("scale") as step:
        rollout.scale(site, service, int(replicas))
        step.detail = f"{replicas} of {service}; to keep it: DJANGO_REPLICAS in {site.settings.environment}.env"


def stack_rm(site: Site, everything: bool = False, confirm: str = "") -> None:
    """Remove the services of the site, or everything of it.

    everything: also remove data, secrets and releases
    confirm: the name of the stack, which EVERYTHING=1 asks for
    """
    question = f"This takes {site.settings.url} down and removes the services of {site.stack}, and"
    if everything:
        site.console.warn(backups.last(site))
        site.console.confirm_name(f"{question} ALL ITS DATA, secrets and releases.", site.stack, confirm)
    else:
        site.console.confirm(f"{question} nothing else: data, secrets and releases stay. Continue?")
    with lock.held(site, "stack-rm") as site, site.console.step("remove") as step:
        step.detail = f"{removal.remove_services(site)} services"
        if everything:
            removal.remove_everything_else(site)
            step.detail += " and everything else"
