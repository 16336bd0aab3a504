"""Rotates a secret while the site runs, so that no request fails and nobody is logged out."""

from ddpt_deploy.release import backing_services, backups, database, rollout
from ddpt_deploy.site import releases, secrets, stacks
from ddpt_deploy.site.site import Site


def rotate(site: Site, name: str, value: str) -> None:
    """Store a new value and roll it out; a value that an interrupted rotation has stored comes first."""
    if not releases.history_for_domain(site):
        secrets.store(site, name, value)
        return
    current = releases.current(site)
    if name == "POSTGRES_PASSWORD":
        # an interrupted rotation may not have set the last one
        database.ensure(site)
    newest = secrets.versions(site).get(name, [0])[-1]
    usable = secrets.usable_versions(site).get(name, [0])[-1]
    version = newest if newest != usable else secrets.store(site, name, value)
    with site.console.step(f"rotate {name}") as step:
        _roll_out(site, current, name, secrets.full_name(site, name, version))
        step.detail = f"version {version}"


def _roll_out(site: Site, current: releases.Release, name: str, new: str) -> None:
    """Let each service accept the new value before another one uses it, and forget the old value last."""
    django = secrets.files(site, "django")
    match name:
        case "SECRET_KEY":
            # All containers must be able to read what the new key signs before one signs with it.
            rollout.roll(site, current, files={**django, "SECRET_KEY_FALLBACKS": new})
            keys = {"SECRET_KEY": new, "SECRET_KEY_FALLBACKS": django["SECRET_KEY"]}
            rollout.roll(site, current, files={**django, **keys})
        case "DATABASE_PASSWORD":
            # Each password has a role of its own.
            database.ensure(site)
            rollout.roll(site, current, files={**django, "DATABASE_PASSWORD": new})
            database.run_sql(site, "drop_old_roles.sql")
        case "REDIS_PASSWORD":
            # Each restart of Redis takes a second, in which pages do without the cache.
            redis, files = stacks.get(site, "redis"), secrets.files(site, "redis")
            both = {**files, "REDIS_PASSWORD": new, "REDIS_PASSWORD_BEFORE": files["REDIS_PASSWORD"]}
            backing_services.apply(site, redis, files=both)
            rollout.roll(site, current, files={**django, "REDIS_PASSWORD": new})
            backing_services.apply(site, redis)
        case "RESTIC_PASSWORD":
            backups.run(site, "key", "add", files={"RESTIC_PASSWORD_NEW": new})
            files = {**secrets.files(site, "backups"), "RESTIC_PASSWORD": new}
            backing_services.apply(site, stacks.get(site, "backups"), files=files)
            older = secrets.versions(site)["RESTIC_PASSWORD"][:-1]
            named = {f"{name}_{version}": secrets.full_name(site, name, version) for version in older}
            backups.run(site, "key", "remove", files=named)
            site.console.say("To keep the new key outside of the server: make backup-key")
        case "POSTGRES_PASSWORD":
            # Django does not know this password.
            database.ensure(site)
            backing_services.apply(site, stacks.get(site, "backups"))
        case _:
            used_by = next(entry.stacks for entry in secrets.catalogue(site) if entry.name == name)
            for stack in stacks.backing(site):
                if stack.name in used_by:
                    backing_services.apply(site, stack)
            if set(used_by) & set(current.stacks):
                rollout.roll(site, current)
