"""Rotates a secret while the site runs, so that no request fails and nobody is logged out."""

from ddpt_deploy.release import backing_services, backups, database, rollout
from ddpt_deploy.site import releases, secrets, stacks
from ddpt_deploy.site.releases import Release
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
    new = secrets.full_name(site, name, version)
    with site.console.step(f"rotate {name}") as step:
        match name:
            case "SECRET_KEY":
                rotate_secret_key(site, current, new)
            case "DATABASE_PASSWORD":
                rotate_database_password(site, current, new)
            case "REDIS_PASSWORD":
                rotate_redis_password(site, current, new)
            case "RESTIC_PASSWORD":
                rotate_backup_key(site, new)
            case "POSTGRES_PASSWORD":
                # Django does not know this password
                database.ensure(site)
                backing_services.apply(site, stacks.get(site, "backups"))
            case _:
                rotate_in_stacks(site, current, name)
        step.detail = f"version {version}"


def rotate_in_stacks(site: Site, current: Release, name: str) -> None:
    """Roll the stacks that use it: their new containers read the new value."""
    used_by = next(entry.stacks for entry in secrets.catalogue(site) if entry.name == name)
    for stack in stacks.backing(site):
        if stack.name in used_by:
            backing_services.apply(site, stack)
    if set(used_by) & set(current.stacks):
        rollout.roll(site, current)


def rotate_secret_key(site: Site, current: Release, new: str) -> None:
    """Roll Django twice: first all containers must be able to read what the new key signs, then it may sign."""
    files = secrets.files(site, "django")
    old = files["SECRET_KEY"]
    rollout.roll(site, current, files={**files, "SECRET_KEY_FALLBACKS": new})
    rollout.roll(site, current, files={**files, "SECRET_KEY": new, "SECRET_KEY_FALLBACKS": old})


def rotate_database_password(site: Site, current: Release, new: str) -> None:
    """Add a database role with the new password, roll Django to it, and drop the old role."""
    database.ensure(site)
    rollout.roll(site, current, files={**secrets.files(site, "django"), "DATABASE_PASSWORD": new})
    database.drop_old_roles(site)


def rotate_redis_password(site: Site, current: Release, new: str) -> None:
    """Let Redis accept both passwords, roll Django, and let Redis forget the old one.

    Each restart of Redis takes a second, in which pages do without the cache.
    """
    redis = stacks.get(site, "redis")
    files = secrets.files(site, "redis")
    both = {**files, "REDIS_PASSWORD": new, "REDIS_PASSWORD_BEFORE": files["REDIS_PASSWORD"]}
    backing_services.apply(site, redis, files=both)
    rollout.roll(site, current, files={**secrets.files(site, "django"), "REDIS_PASSWORD": new})
    backing_services.apply(site, redis)


def rotate_backup_key(site: Site, new: str) -> None:
    """Let the new key open the backups as well, have the service use it, and take that from the keys before it."""
    backups.run(site, "key", "add", files={"RESTIC_PASSWORD_NEW": new})
    files = {**secrets.files(site, "backups"), "RESTIC_PASSWORD": new}
    backing_services.apply(site, stacks.get(site, "backups"), files=files)
    older = secrets.versions(site)["RESTIC_PASSWORD"][:-1]
    named = {f"RESTIC_PASSWORD_{version}": secrets.full_name(site, "RESTIC_PASSWORD", version) for version in older}
    backups.run(site, "key", "remove", files=named)
    site.console.say("To keep the new key outside of the server: make backup-key")
