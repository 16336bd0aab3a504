"""Bring one of caddy, django, postgres, redis to what its file and the settings say now."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from deploy import backing, delivery, lock, release
from deploy.errors import DeployError
from deploy.image import Image
from deploy.site import SERVICES, Site


def run(site: Site) -> None:
    """Deploy one service; Django keeps the version that runs."""
    name = site.required("STACK", "make deploy-redis")
    if name not in SERVICES:
        raise DeployError(f"There is no stack {name}.", hint=" or ".join(f"make deploy-{known}" for known in SERVICES))
    with lock.held(site, f"deploy-{name}"):
        if name == "django":
            _django(site)
            return
        release.history_here(site)
        with site.console.step(name) as step:
            backing.deploy(site, name, step=step)


def _django(site: Site) -> None:
    current = release.current(site)
    again = release.new(
        site,
        current.version,
        Image(current.image, current.digest),
        who=lock.who(),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    again = replace(again, migrations=current.migrations, restores=current.restores)
    delivery.switch(site, again, time.monotonic())
