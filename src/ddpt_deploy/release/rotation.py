"""Rotates a secret while the site runs, so that no request fails and nobody is logged out."""

from collections.abc import Callable

from ddpt_deploy.console import Step
from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backing_services, database, rollout
from ddpt_deploy.site import releases, secrets, stacks
from ddpt_deploy.site.releases import Release
from ddpt_deploy.site.site import Site


def rotate(site: Site, name: str, value: str) -> None:
    """Store a new value and roll it out; a value that an interrupted rotation has stored comes first."""
    if name == "RESTIC_PASSWORD":
        raise DeployError(
            "RESTIC_PASSWORD is the key of all backups: with another one nobody could read them.",
            hint="make backup-key",
        )
    if not releases.history_for_domain(site):
        secrets.store(site, name, value)
        return
    current = releases.current(site)
    if name == "POSTGRES_PASSWORD":
        # an interrupted rotation may not have set the last one
        database.ensure(site)
    version = unfinished(site, name) or secrets.store(site, name, value)
    with site.console.step(f"rotate {name}") as step:
        ROTATIONS.get(name, rotate_in_stacks)(site, current, name, version, step)
        step.detail = f"version {version}"


def unfinished(site: Site, name: str) -> int:
    """Return the version of a secret that was stored and is not used by Django, or 0."""
    newest = secrets.versions(site).get(name, [0])[-1]
    return newest if newest != secrets.usable_versions(site).get(name, [0])[-1] else 0


def rotate_in_stacks(site: Site, current: Release, name: str, version: int, step: Step) -> None:
    """Roll the stacks that use it: their new containers read the new value."""
    used_by = next(entry.stacks for entry in secrets.catalogue(site) if entry.name == name)
    for stack in stacks.backing(site):
        if stack.name in used_by:
            backing_services.apply(site, stack, step=step)
    if set(used_by) & set(current.stacks):
        rollout.roll(site, current, step=step)


def rotate_secret_key(site: Site, current: Release, name: str, version: int, step: Step) -> None:
    """Roll Django twice: first all containers must be able to read what the new key signs, then it may sign."""
    files = secrets.files(site, "django")
    before = secrets.version_of(files[name])
    for key, fallback in ((before, version), (version, before)):
        fallbacks = secrets.full_name(site, name, fallback)
        files = secrets.with_version(site, files, name, key, SECRET_KEY_FALLBACKS=fallbacks)
        rollout.roll(site, current, files=files, step=step)


def rotate_database_password(site: Site, current: Release, name: str, version: int, step: Step) -> None:
    """Add a database role with the new password, roll Django to it, and drop the old role."""
    database.ensure(site, step)
    files = secrets.with_version(site, secrets.files(site, "django"), name, version)
    rollout.roll(site, current, files=files, step=step)
    database.drop_old_roles(site, step)


def rotate_superuser_password(site: Site, current: Release, name: str, version: int, step: Step) -> None:
    """Set it in PostgreSQL, and give it to the backups; Django does not know this password."""
    database.ensure(site, step)
    backing_services.apply(site, stacks.get(site, "backups"), step=step)


def rotate_redis_password(site: Site, current: Release, name: str, version: int, step: Step) -> None:
    """Let Redis accept both passwords, roll Django, and let Redis forget the old one.

    Each restart of Redis takes a second, in which pages do without the cache.
    """
    redis = stacks.get(site, "redis")
    files = secrets.files(site, "redis")
    both = secrets.with_version(site, files, name, version, REDIS_PASSWORD_BEFORE=files[name])
    backing_services.apply(site, redis, files=both, step=step)
    rollout.roll(
        site, current, files=secrets.with_version(site, secrets.files(site, "django"), name, version), step=step
    )
    backing_services.apply(site, redis, step=step)


ROTATIONS: dict[str, Callable[[Site, Release, str, int, Step], None]] = {
    "SECRET_KEY": rotate_secret_key,
    "DATABASE_PASSWORD": rotate_database_password,
    "POSTGRES_PASSWORD": rotate_superuser_password,
    "REDIS_PASSWORD": rotate_redis_password,
}
