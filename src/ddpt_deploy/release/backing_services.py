"""Backing services: PostgreSQL, Redis, the proxy, and whatever else has a stack file and is not the application."""

from collections.abc import Mapping

from ddpt_deploy.release import database, drift, image, proxy, rollout
from ddpt_deploy.site import secrets, stacks
from ddpt_deploy.site.site import Site


def apply(site: Site, stack: stacks.Stack, *, files: Mapping[str, str] | None = None, new: bool = False) -> None:
    """Apply the stack file of a backing service, and wait until it is healthy. Nothing restarts when nothing changed.

    The proxy reloads its configuration first, and in PostgreSQL the database is ensured to exist, which may be ``new``.
    Raises DeployError.
    """
    # before anything stops: a pull takes longer than a restart
    for reference in stack.images:
        image.ensure(site, reference)
    files = secrets.files(site, stack.name) if files is None else files
    if stack.name == stacks.proxy(site).name:
        proxy.configure(site, files)
        # it has a copy of its secrets, so a new certificate does not restart it
        files = {}
    if "MONITORING_PASSWORD" in files:
        # PostgreSQL must know it before who uses it starts
        database.ensure(site)
    rollout.apply(site, stack, files)
    if stack.name == "postgres":
        database.ensure(site, new=new)
    drift.record(site, stack)
