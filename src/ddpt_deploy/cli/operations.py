"""Commands that change the site between releases, and remove it."""

from dataclasses import replace

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backups, database, preflight, proxy, removal, rollout, rotation
from ddpt_deploy.site import audit, lock, secrets, stacks, store
from ddpt_deploy.site.settings import PREFIX
from ddpt_deploy.site.site import Site


def reindex(site: Site) -> None:
    """Rebuild all indexes, for an image of PostgreSQL that sorts text in another way; tables are locked meanwhile."""
    with lock.held(site, "reindex") as site, site.console.step("reindex"):
        database.run_sql(site, "refresh_collations.sql", timeout=site.settings.backup_timeout)


def list_secrets(site: Site) -> None:
    """List the secrets; those that are missing are generated or asked for."""
    secrets.complete(site)
    newest = {name: str(versions[-1]) for name, versions in secrets.versions(site).items()}
    rows = [
        {"secret": one.name, "version": newest.get(one.name, "none"), "for": ", ".join(one.stacks), "about": one.about}
        for one in secrets.catalogue(site)
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
            example = '"$(cat FILE)"' if known[name].file else "..."
            raise DeployError(
                f"{name} has no new value.", hint=f"{PREFIX}{name}={example} make rotate-secret NAME={name}"
            )
        rotation.rotate(site, name, value)


def maintenance(site: Site, off: bool = False) -> None:
    """Have the proxy answer all but static files with the maintenance page and status 503; Django may be down.

    off: no longer
    """
    what = f"maintenance {'off' if off else 'on'}"
    holder = lock.held_by(site)
    # Behind `make deploy-lock`, whose lock has no token, is no command that this could interfere with.
    locked = audit.recorded(site, what) if holder and not holder.get("token") else lock.held(site, what)
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


def list_audit(site: Site) -> None:
    """List who changed the site, when and how that ended, the newest last."""
    site.console.table(store.read(site, "audit"))


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
    # its own entry as well
    for each in site.labelled("config", "audit") if everything else ():
        site.docker.remove("config", each)
