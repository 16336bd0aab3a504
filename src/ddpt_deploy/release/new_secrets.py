"""Values for secrets: generated, taken from the shell, or asked for."""

import os

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import secrets
from ddpt_deploy.site.secrets import Secret
from ddpt_deploy.site.settings import PREFIX
from ddpt_deploy.site.site import Site


def complete(site: Site) -> None:
    """Store a value for each secret that has none. Raises DeployError for those that are required and missing."""
    stored = secrets.versions(site)
    for entry in secrets.catalogue(site):
        value = "" if entry.name in stored else new_value(site, entry)
        if value:
            secrets.store(site, entry.name, value)
    missing = [f"{entry.name}: {entry.about}" for entry in secrets.missing(site)]
    if missing:
        raise DeployError("Secrets are missing:", cause="\n".join(missing), hint="make secrets, on a terminal")


def new_value(site: Site, entry: Secret) -> str:
    """Return a value from the shell, a random one where it can be generated, or one from the terminal, or nothing."""
    given = os.environ.get(PREFIX + entry.name)
    if given or not entry.generate:
        return given or site.console.ask_secret(entry.name, entry.about)
    return secrets.generate()
