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
    """Return a random value where one can be generated, else one from the shell or the terminal, or nothing."""
    if entry.generate:
        return secrets.generate()
    return os.environ.get(PREFIX + entry.name) or site.console.ask_secret(entry.name, entry.about)
