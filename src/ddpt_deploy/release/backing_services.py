"""Backing services: PostgreSQL, Redis, the proxy, and whatever else has a stack file and is not the application."""

from collections.abc import Mapping

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import database, drift, image, proxy, rollout
from ddpt_deploy.site import releases, secrets, stacks
from ddpt_deploy.site.site import Site


def apply(
    site: Site, stack: stacks.Stack, *, files: Mapping[str, str] | None = None, new_database: bool = False
) -> None:
    """Apply the stack file of a backing service, and wait until it is healthy. Nothing restarts when nothing changed.

    The proxy reloads its configuration first, and in PostgreSQL the database is ensured to exist. Raises DeployError.
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
    try:
        rollout.apply(site, stack, files)
    except DeployError as error:
        if "first start of PostgreSQL was interrupted" not in error.cause:
            raise
        name = site.name("postgres")
        problem = f"The first start of PostgreSQL was interrupted, and left the volume {name} incomplete."
        cause = "Django was never connected to it, and nothing is removed without you."
        again = f"docker service rm {name}, then docker volume rm {name}, then make deploy-postgres"
        hint = again if releases.history(site) else "make stack-rm EVERYTHING=1, then make setup"
        raise DeployError(problem, cause=cause, hint=hint) from error
    if stack.name == "postgres":
        database.ensure(site, new=new_database)
    drift.record(site, stack)
