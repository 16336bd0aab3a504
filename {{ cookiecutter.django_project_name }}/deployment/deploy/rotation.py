"""Changes a secret while the site runs, so that no request fails and nobody is logged out."""

from deploy import backing, database, release, secret, stack
from deploy.console import Step
from deploy.release import Release
from deploy.site import Site


def rotate(site: Site, name: str, value: str) -> None:
    """Keep a new value and bring it to the services that use it; first the one that an interrupted change has made."""
    if not release.history_here(site):
        secret.store(site, name, value)
        return
    current = release.current(site)
    if name == "POSTGRES_PASSWORD":
        # whether it was told the last one nobody knows
        database.open_to_django(site)
    version = unfinished(site, name) or secret.store(site, name, value)
    with site.console.step(f"change {name}") as step:
        CHANGES.get(name, change_in_django)(site, current, version, step)
        step.detail = f"version {version}"


def unfinished(site: Site, name: str) -> int:
    """Return the version of a secret that was made and not brought to Django, or 0."""
    newest, counts = secret.versions(site).get(name, [0])[-1], secret.brought(site).get(name, [0])[-1]
    return newest if newest != counts else 0


def change_in_django(site: Site, current: Release, version: int, step: Step) -> None:
    """Roll Django: its new containers read the new value."""
    release.roll(site, current, step=step)


def change_secret_key(site: Site, current: Release, version: int, step: Step) -> None:
    """Roll Django twice: first all containers must be able to read what the new key signs, then it may sign."""
    keys = stack.current_keys(site, "django")
    before = keys.versions["SECRET_KEY"]
    for key, fallback in ((before, version), (version, before)):
        fallbacks = secret.full_name(site, "SECRET_KEY", fallback)
        release.roll(
            site, current, keys=stack.bring(keys, "SECRET_KEY", key, SECRET_KEY_FALLBACKS=fallbacks), step=step
        )


def change_database_password(site: Site, current: Release, version: int, step: Step) -> None:
    """Give the database one more role, which has the new password, roll Django to it, and remove the role before."""
    database.open_to_django(site, step)
    keys = stack.current_keys(site, "django")
    release.roll(site, current, keys=stack.bring(keys, "DATABASE_PASSWORD", version), step=step)
    database.close_to_old_passwords(site, step)


def change_superuser_password(site: Site, current: Release, version: int, step: Step) -> None:
    """Tell PostgreSQL; Django does not know this password."""
    database.open_to_django(site, step)


def change_redis_password(site: Site, current: Release, version: int, step: Step) -> None:
    """Let Redis take both passwords, roll Django, and let Redis forget the old one.

    Each restart of Redis takes a second, in which pages do without the cache.
    """
    keys = stack.current_keys(site, "redis")
    before = secret.full_name(site, "REDIS_PASSWORD", keys.versions["REDIS_PASSWORD"])
    both = stack.bring(keys, "REDIS_PASSWORD", version, REDIS_PASSWORD_BEFORE=before)
    backing.deploy(site, "redis", keys=both, step=step)
    keys = stack.current_keys(site, "django")
    release.roll(site, current, keys=stack.bring(keys, "REDIS_PASSWORD", version), step=step)
    backing.deploy(site, "redis", step=step)


CHANGES = {
    "SECRET_KEY": change_secret_key,
    "DATABASE_PASSWORD": change_database_password,
    "POSTGRES_PASSWORD": change_superuser_password,
    "REDIS_PASSWORD": change_redis_password,
}
