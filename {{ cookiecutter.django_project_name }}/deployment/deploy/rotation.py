"""Changes a secret while the site runs, so that no request fails and nobody is logged out."""

from dataclasses import replace

from deploy import backing, database, release, secret, stack
from deploy.console import Step
from deploy.release import Release
from deploy.site import Site


def rotate(site: Site, name: str, value: str) -> None:
    """Keep a new value and bring it to the services that use it."""
    recorded = release.history_here(site)
    version = secret.store(site, name, value)
    if not recorded:
        return
    with site.console.step(f"change {name}") as step:
        CHANGES.get(name, change_in_django)(site, recorded[-1], step)
        step.detail = f"version {version}"


def change_in_django(site: Site, current: Release, step: Step) -> None:
    """Roll Django: its new containers read the new value."""
    release.roll(site, current, step=step)


def change_secret_key(site: Site, current: Release, step: Step) -> None:
    """Roll Django twice: first all containers must be able to read what the new key signs, then it may sign."""
    keys = stack.current_keys(site, "django")
    old, new = secret.versions(site)["SECRET_KEY"][-2:]
    readable = replace(
        keys,
        versions={**keys.versions, "SECRET_KEY": old},
        further={**keys.further, "SECRET_KEY_FALLBACKS": secret.full_name(site, "SECRET_KEY", new)},
    )
    release.roll(site, current, keys=readable, step=step)
    release.roll(site, current, keys=keys, step=step)


def change_database_password(site: Site, current: Release, step: Step) -> None:
    """Give the database one more role, which has the new password, roll Django to it, and remove the role before."""
    database.open_to_django(site, step)
    release.roll(site, current, step=step)
    database.close_to_old_passwords(site, step)


def change_superuser_password(site: Site, current: Release, step: Step) -> None:
    """Tell PostgreSQL; Django does not know this password."""
    database.open_to_django(site, step)


def change_redis_password(site: Site, current: Release, step: Step) -> None:
    """Let Redis take both passwords, roll Django, and let Redis forget the old one.

    Each restart of Redis takes a second, in which pages do without the cache.
    """
    keys = stack.current_keys(site, "redis")
    old = secret.versions(site)["REDIS_PASSWORD"][-2]
    both = replace(keys, further={"REDIS_PASSWORD_BEFORE": secret.full_name(site, "REDIS_PASSWORD", old)})
    backing.deploy(site, "redis", keys=both, step=step)
    release.roll(site, current, step=step)
    backing.deploy(site, "redis", step=step)


CHANGES = {
    "SECRET_KEY": change_secret_key,
    "DATABASE_PASSWORD": change_database_password,
    "POSTGRES_PASSWORD": change_superuser_password,
    "REDIS_PASSWORD": change_redis_password,
}
