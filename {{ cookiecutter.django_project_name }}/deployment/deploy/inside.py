"""Runs commands in the containers of the site."""

import json
from collections.abc import Sequence

from deploy import job, machines
from deploy.commands import containers
from deploy.errors import DeployError
from deploy.site import Site

# Prints the answer of /readyz whatever its status.
READYZ = """
import http.client
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
connection.request("GET", "/readyz")
print(connection.getresponse().read().decode())
"""


def container(site: Site, name: str) -> str:
    """Return the id of a running container of a service, on the engine that the docker command talks to."""
    running = [task for task in job.tasks(site.engine, site.service(name)) if task["Status"]["State"] == "running"]
    if not running:
        raise DeployError(f"No container of {site.service(name)} runs.", hint="make status")
    ids = [task["Status"]["ContainerStatus"]["ContainerID"] for task in running]
    here = site.engine.inspect(containers.inspect(*ids))
    if not here:
        machine = machines.names(site.engine)[running[0]["NodeID"]]
        raise DeployError(
            f"{site.service(name)} runs on {machine}, and docker can only get into containers of the engine it talks to.",
            hint=f"DOCKER_HOST=ssh://{machine}, then the same command",
        )
    return here[0]["Id"]


def output(site: Site, name: str, command: Sequence[str]) -> str:
    """Run a command in a container of a service and return what it prints. Raises DeployError when it fails."""
    return site.engine.run(containers.execute(container(site, name), command, terminal=False)).strip()


def readiness(site: Site) -> str:
    """Return what Django says of what it needs: its database, its migrations, its cache."""
    answer = output(site, "django", ["python", "-c", READYZ])
    try:
        checks = json.loads(answer)
    except ValueError:
        raise DeployError(f"/readyz of {site.service('django')} does not say how Django is: {answer[:100]!r}") from None
    return ", ".join(f"{name}: {state}" for name, state in checks.items())


def run(site: Site, name: str, command: Sequence[str], *, terminal: bool) -> int:
    """Run a command in a container of a service, on this terminal; return its exit status."""
    return site.engine.attach(containers.execute(container(site, name), command, terminal=terminal))
