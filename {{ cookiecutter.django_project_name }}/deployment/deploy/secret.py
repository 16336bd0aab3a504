"""The secrets of a site: what ``secrets.toml`` names, as versions of Docker secrets.

A Docker secret cannot be changed and never be read again. So each value is a secret of its own, ``site_NAME_1``,
``site_NAME_2`` ..., of which the last one counts. Services name a version, and keep theirs until they are rolled.
"""

import secrets as cryptography
import tomllib
from dataclasses import dataclass

from deploy import names
from deploy.commands import secrets, services
from deploy.site import Site

# Whose new value others must learn before Django may use it: ``rotation`` takes the steps.
IN_STEPS = ("SECRET_KEY", "DATABASE_PASSWORD", "REDIS_PASSWORD")


@dataclass(frozen=True)
class Secret:
    """A secret that the site may have."""

    name: str
    about: str
    services: tuple[str, ...]
    generate: bool = False
    optional: bool = False
    # the setting of Django that is not needed where this secret is there
    replaces: str = ""


def catalogue(site: Site) -> list[Secret]:
    """Return what ``secrets.toml`` names."""
    entries = tomllib.loads(site.file("secrets.toml").read_text())
    return [Secret(name, **{**entry, "services": tuple(entry["services"])}) for name, entry in entries.items()]


def versions(site: Site) -> dict[str, list[int]]:
    """Return the versions that the swarm has of each secret, in order."""
    ids = site.engine.words(secrets.ids(names.labels(site.stack, "secret")))
    found: dict[str, list[int]] = {}
    for secret in site.engine.inspect(secrets.inspect(*ids)) if ids else []:
        labels = secret["Spec"]["Labels"]
        found.setdefault(labels["deploy.name"], []).append(int(labels["deploy.version"]))
    return {name: sorted(numbers) for name, numbers in found.items()}


def full_name(site: Site, name: str, version: int) -> str:
    """Return the name of the Docker secret that holds a version."""
    return f"{site.stack}_{name}_{version}"


def in_use(site: Site, service: str, name: str) -> int:
    """Return the version of a secret that a service was given last, or 0."""
    for found in site.engine.inspect(services.inspect(site.service(service))):
        for secret in found["Spec"]["TaskTemplate"]["ContainerSpec"].get("Secrets") or []:
            if secret["File"]["Name"] == name:
                return int(secret["SecretName"].rpartition("_")[2])
    return 0


def brought(site: Site) -> dict[str, list[int]]:
    """Return the versions that a rollout may use: new values that it takes steps to bring only once they were taken."""
    found = versions(site)
    for name in IN_STEPS:
        used = in_use(site, "django", name)
        if used in found.get(name, []):
            found[name] = [version for version in found[name] if version <= used]
    return found


def missing(site: Site) -> list[Secret]:
    """Return the secrets that the site needs and the swarm has not."""
    there = versions(site)
    return [secret for secret in catalogue(site) if not secret.optional and secret.name not in there]


def generated() -> str:
    """Return 64 random characters, safe in URLs, lists and shells; Django wants 50 or more for its SECRET_KEY."""
    return cryptography.token_urlsafe(48)


def store(site: Site, name: str, value: str) -> int:
    """Keep a value as the next version of a secret, and return the version."""
    version = max(versions(site).get(name, [0])) + 1
    labels = names.labels(site.stack, "secret", name=name, version=str(version))
    site.engine.run(secrets.create(full_name(site, name, version), labels), stdin=value)
    return version
