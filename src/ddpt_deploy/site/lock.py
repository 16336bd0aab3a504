"""One deploy at a time: a lock in the swarm that says who holds it, since when, for what and from where."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ddpt_deploy.errors import DeployError, DockerError, LockLostError
from ddpt_deploy.site import audit, store
from ddpt_deploy.site.site import Site


def acquire(site: Site, what: str, token: str = "") -> None:
    """Acquire the lock; by the ``token`` its holder knows it again. Raises DeployError that names who holds it."""
    holder = {**audit.entry(site, what), "token": token}
    # the swarm lets only one config have this name
    if not store.create(site, "lock", "lock", json.dumps(holder)):
        hint = "wait, or if nobody works on it: make deploy-unlock"
        raise DeployError(f"{site.stack} is {describe(held_by(site))}.", hint=hint)


@contextmanager
def held(site: Site, what: str) -> Iterator[Site]:
    """Hold the lock, and release it on every way out; yield the site that knows it as its own. Raises DeployError."""
    site = replace(site, lock_token=uuid.uuid4().hex)
    try:
        acquire(site, what, site.lock_token)
        with audit.recorded(site, what):
            yield site
    finally:
        try:
            check(site)
            release(site)
        except LockLostError:
            pass
        except DockerError as error:
            # what went wrong before says more
            site.console.warn(f"The lock could not be released (make deploy-unlock): {error}")


def check(site: Site) -> None:
    """Raise LockLostError when the lock that this command acquired was released, or is held by another one."""
    holder = held_by(site) if site.lock_token else None
    if site.lock_token != (holder or {}).get("token", ""):
        problem = f"Somebody released the lock of this command; {site.stack} is {describe(holder)}."
        cause = "Nothing more was changed, and nothing was rolled back."
        raise LockLostError(problem, cause=cause, hint="make status")


def release(site: Site) -> None:
    """Remove the lock, also one that somebody else holds."""
    site.docker.remove("config", site.name("lock"))


def held_by(site: Site) -> dict[str, Any] | None:
    """Return who holds the lock."""
    return next(iter(store.read(site, "lock")), None)


def describe(holder: dict[str, Any] | None) -> str:
    """Describe the state of the lock."""
    if not holder:
        return "unlocked"
    return f"locked by {holder['who']} on {holder['where']} since {holder['when']}: {holder['what']}"
