"""The secrets of a site: what ``secrets.toml`` names, as versions of Docker secrets.

A Docker secret cannot be changed and never be read again. So each value is a secret of its own, ``site_NAME_1``,
``site_NAME_2`` ..., of which the last one counts. A service keeps its versions until it is rolled.
"""

import os
import re
import secrets as cryptography
import tomllib
from dataclasses import dataclass, replace

from ddpt_deploy.docker import options
from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import audit, services
from ddpt_deploy.site.settings import PREFIX
from ddpt_deploy.site.site import Site

# A new value of these is usable only once other services know it: ``rotation`` takes the steps.
ROTATED_IN_STEPS = {"SECRET_KEY", "DATABASE_PASSWORD", "REDIS_PASSWORD", "RESTIC_PASSWORD"}


@dataclass(frozen=True)
class Secret:
    """A secret that the site may have."""

    name: str
    about: str
    stacks: tuple[str, ...]
    generate: bool = False
    optional: bool = False
    # a setting of Django that is not required where this secret is stored
    replaces: str = ""
    # a pattern: only where a setting, NAME=value, begins like this is it asked for
    where: str = ""
    # has lines, and so is read from the shell alone
    file: bool = False


def catalogue(site: Site) -> list[Secret]:
    """Return what ``secrets.toml`` names."""
    entries = tomllib.loads((site.folder / "secrets.toml").read_text())
    return [Secret(name, **{**entry, "stacks": tuple(entry["stacks"])}) for name, entry in entries.items()]


def versions(site: Site) -> dict[str, list[int]]:
    """Return the versions that the swarm has of each secret, in order."""
    found: dict[str, list[int]] = {}
    for secret in site.docker.inspect("secret", *site.labelled("secret", "secret")):
        named = secret["Spec"]["Labels"]
        found.setdefault(named["deploy.name"], []).append(int(named["deploy.version"]))
    return {name: sorted(numbers) for name, numbers in found.items()}


def usable_versions(site: Site) -> dict[str, list[int]]:
    """Return the versions that any rollout may use: of secrets that are rotated in steps, those in use."""
    found = versions(site)
    used_by = filter(None, (services.find(site, name) for name in ("django", "backups")))
    for file in [one for each in used_by for one in each["Spec"]["TaskTemplate"]["ContainerSpec"].get("Secrets") or []]:
        name, used = file["File"]["Name"], version_of(file["SecretName"])
        if name in ROTATED_IN_STEPS and used in found.get(name, []):
            found[name] = [version for version in found[name] if version <= used]
    return found


def files(site: Site, stack: str) -> dict[str, str]:
    """Return the files in /run/secrets of a stack's containers, and which Docker secret is in each."""
    usable = usable_versions(site)
    found = {
        entry.name: full_name(site, entry.name, usable[entry.name][-1])
        for entry in catalogue(site)
        if stack in entry.stacks and entry.name in usable
    }
    # for what the key before has signed
    if "SECRET_KEY" in found and len(usable["SECRET_KEY"]) > 1:
        found["SECRET_KEY_FALLBACKS"] = full_name(site, "SECRET_KEY", usable["SECRET_KEY"][-2])
    return found


def missing(site: Site) -> list[Secret]:
    """Return the secrets that the site needs and the swarm does not have."""
    stored = versions(site)
    return [secret for secret in catalogue(site) if not secret.optional and secret.name not in stored]


def complete(site: Site, *, given: str = "") -> None:
    """Store a value for each secret that has none; that of ``given`` is not generated. Raises DeployError."""
    stored = versions(site)
    lines = [f"{name}={value}" for name, value in site.settings.variables().items()]
    new = {}
    for secret in [one for one in catalogue(site) if one.name not in stored]:
        secret = replace(secret, generate=secret.generate and secret.name != given)
        is_used = any(re.match(secret.where, line) for line in lines)
        if value := new_value(site, secret, ask=is_used):
            new[secret.name] = value
    if new:
        with audit.recorded(site, f"new secrets: {', '.join(new)}"):
            for name, value in new.items():
                store(site, name, value)
    if still := missing(site):
        names = "\n".join(f"{secret.name}: {secret.about}" for secret in still)
        hint = f"on a terminal, make secrets; elsewhere, export {PREFIX}{still[0].name}=..."
        raise DeployError("Secrets are missing:", cause=names, hint=hint)


def new_value(site: Site, secret: Secret, *, ask: bool = True) -> str:
    """Return a value from the shell, a random one where it can be generated, or one from the terminal, or nothing."""
    given = os.environ.get(PREFIX + secret.name)
    if secret.generate and not given:
        # 64 characters, safe in URLs, lists and shells; Django wants 50 or more for its SECRET_KEY
        return cryptography.token_urlsafe(48)
    if given or secret.file or not ask:
        return given or ""
    return site.console.ask_secret(secret.name, secret.about)


def store(site: Site, name: str, value: str) -> int:
    """Store a value as the next version of a secret, and return the version."""
    version = max(versions(site).get(name, [0])) + 1
    labels = options("--label", site.labels("secret", name=name, version=str(version)))
    site.docker.run("secret", "create", *labels, full_name(site, name, version), "-", stdin=value)
    return version


def full_name(site: Site, name: str, version: int) -> str:
    """Return the name of the Docker secret that holds a version."""
    return site.name(f"{name}_{version}")


def version_of(full_name: str) -> int:
    """Return the version that a Docker secret holds."""
    return int(full_name.rpartition("_")[2])
