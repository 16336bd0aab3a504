"""Make or ask for the secrets that are missing; CHANGE=NAME gives one a new value."""

import os

from deploy import lock, rotation, secret
from deploy.errors import DeployError
from deploy.secret import Secret
from deploy.site import Site


def run(site: Site) -> None:
    """Complete the secrets, or change one."""
    name = site.option("CHANGE")
    if name:
        with lock.held(site, f"change {name}"):
            change(site, name)
        return
    complete(site)
    there = secret.versions(site)
    site.console.table(
        [
            {
                "secret": entry.name,
                "version": str(there[entry.name][-1]) if entry.name in there else "none",
                "what for": entry.about,
            }
            for entry in secret.catalogue(site)
        ]
    )


def complete(site: Site) -> None:
    """Make what can be made, take what the environment has, ask for the rest. Raises DeployError for what is missing."""
    there = secret.versions(site)
    for entry in secret.catalogue(site):
        if entry.name in there:
            continue
        value = new_value(site, entry)
        if value:
            secret.store(site, entry.name, value)
    missing = secret.missing(site)
    if missing:
        names = [f"{entry.name}: {entry.about}" for entry in missing]
        raise DeployError("Secrets are missing:", cause="\n".join(names), hint="make secrets, on a terminal")


def change(site: Site, name: str) -> None:
    """Give a secret a new value, and bring it to the services."""
    known = {entry.name: entry for entry in secret.catalogue(site)}
    if name not in known:
        raise DeployError(f"There is no secret {name}.", hint=f"CHANGE is one of {', '.join(known)}")
    value = new_value(site, known[name])
    if not value:
        raise DeployError(f"There is no new value for {name}.", hint=f"{name}=... make secrets CHANGE={name}")
    rotation.rotate(site, name, value)


def new_value(site: Site, entry: Secret) -> str:
    """Return a random value where it can be made, else one from the environment or the terminal.

    What can be made never comes from the environment: a developer may have a key of another site in it.
    """
    if entry.generate:
        return secret.generated()
    return os.environ.get(entry.name) or site.console.ask_secret(entry.name, entry.about)
