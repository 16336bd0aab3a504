"""One deploy at a time: a lock in the swarm that says who holds it, since when, for what and from where."""

import getpass
import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from deploy import names, records
from deploy.commands import configs
from deploy.errors import DeployError
from deploy.site import Site


def name(site: Site) -> str:
    """Return the name of the config that is the lock: the swarm lets only one have it."""
    return f"{site.stack}_lock"


def take(site: Site, what: str, token: str = "") -> None:
    """Take the lock; by the ``token`` its holder knows it again. Raises DeployError that names who holds it."""
    mine = {
        "who": who(),
        "where": socket.gethostname(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "what": what,
        "token": token,
    }
    if not records.create(site.engine, name(site), json.dumps(mine), names.labels(site.stack, "lock")):
        raise DeployError(
            f"{site.stack} is locked: {describe(holder(site))}.",
            hint="wait, or if nobody is at it any more: make deploy-unlock",
        )


@contextmanager
def held(site: Site, what: str) -> Iterator[None]:
    """Hold the lock, and let it go on every way out. Raises DeployError that names who holds it already."""
    token = uuid.uuid4().hex
    try:
        take(site, what, token)
        yield
    finally:
        if (holder(site) or {}).get("token") == token:
            break_(site)


def break_(site: Site) -> None:
    """Remove the lock, whoever holds it."""
    site.engine.run(configs.remove(name(site)))


def holder(site: Site) -> dict[str, Any] | None:
    """Return who holds the lock."""
    found = records.read(site.engine, site.stack, "lock")
    return found[0][1] if found else None


def describe(holder: dict[str, Any] | None) -> str:
    """Say whose a lock is."""
    if not holder:
        return "nobody holds the lock"
    return f"{holder['who']} on {holder['where']} does '{holder['what']}' since {holder['when']}"


def who() -> str:
    """Return the name of the person at work; DEPLOY_USER wins, for CI."""
    try:
        return os.environ.get("DEPLOY_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
