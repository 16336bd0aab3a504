"""What the engine says of the services of a site, and of their tasks: one task is one container."""

from typing import Any

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import swarm
from ddpt_deploy.site.site import Site

# The label by which Docker knows the services of a stack.
NAMESPACE = "com.docker.stack.namespace"


def names(site: Site) -> list[str]:
    """Return the names of the services that are deployed, jobs included."""
    own = f"label={NAMESPACE}={site.stack}"
    listed = site.docker.ids("service", "ls", "--format", "{{.Name}}", "--filter", own)
    return [name.removeprefix(site.name("")) for name in listed]


def find(site: Site, name: str) -> dict[str, Any] | None:
    """Return a service, if it is deployed."""
    return next(iter(site.docker.inspect("service", site.name(name))), None)


def tasks(site: Site, *names: str) -> list[dict[str, Any]]:
    """Return the tasks of services, the newest first; none of those that are not deployed."""
    listed = site.docker.ids("service", "ps", "--quiet", "--no-trunc", *map(site.name, names))
    found = site.docker.inspect("task", *listed)
    # the swarm still lists those of a node that is down, and nobody knows what became of them
    down = [node["ID"] for node in swarm.listed(site) if node["Status"] == "Down"] if found else []
    known = [task for task in found if task.get("NodeID") not in down]
    return sorted(known, key=lambda task: str(task["CreatedAt"]), reverse=True)


def running(site: Site, name: str) -> list[dict[str, Any]]:
    """Return the tasks of a service that run, the newest first."""
    return [task for task in tasks(site, name) if task["Status"]["State"] == "running"]


def container_id(task: dict[str, Any]) -> str:
    """Return the id of a task's container, or nothing before it has one."""
    return str((task["Status"].get("ContainerStatus") or {}).get("ContainerID", ""))


def container(site: Site, name: str) -> str:
    """Return the id of a running container of a service, on the engine that docker talks to. Raises DeployError."""
    found = running(site, name)
    if not found:
        raise DeployError(f"No container of {site.name(name)} runs.", hint="make status")
    here = site.docker.inspect("container", *map(container_id, found))
    if not here:
        node = next(one["Hostname"] for one in swarm.listed(site) if one["ID"] == found[0]["NodeID"])
        problem = f"{site.name(name)} runs on {node}, and docker can only run commands on the engine that it talks to."
        raise DeployError(problem, hint=f"DOCKER_HOST=ssh://{node}, then the same command")
    return str(here[0]["Id"])


def run(site: Site, name: str, *command: str) -> str:
    """Run a command in a container of a service, and return what it prints. Raises DeployError when it fails."""
    return site.docker.run("exec", container(site, name), *command).strip()


def log(site: Site, name: str) -> str:
    """Return what the tasks of a service printed, one after the other."""
    # not of the service: after a container was killed, that log may never end (seen on 28.5)
    return "".join(site.docker.output("service", "logs", "--raw", task["ID"]) for task in reversed(tasks(site, name)))
