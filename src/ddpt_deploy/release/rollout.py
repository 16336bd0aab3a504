"""Rolls services to what is asked for, and waits for the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release.image import pinned
from ddpt_deploy.release.verdict import FAILED, is_unbalanced, judge, update_started
from ddpt_deploy.site import lock, releases, secrets, services, stacks, swarm
from ddpt_deploy.site.site import Site


def roll(site: Site, release: releases.Release, *, files: Mapping[str, str] | None = None) -> None:
    """Roll the application to a release, with ``files`` in /run/secrets or those of now. Raises DeployError."""
    files = secrets.files(site, "django") if files is None else files
    for stack in releases.application(site, release):
        apply(site, stack, files)
        for service in stack.services:
            rebalance(site, service)


def apply(site: Site, stack: stacks.Stack, files: Mapping[str, str]) -> None:
    """Apply a stack file with the images that the engine has now, and wait for each service. Raises DeployError."""
    lock.check(site)
    images = {name: pinned(site, service["image"]) for name, service in stack.services.items()}
    started_before = {name: update_started(services.find(site, name)) for name in stack.services}
    stacks.apply(site, stack, files, images)
    for name in stack.services:
        watch(site, name, started_before=started_before[name], image=images[name])


def watch(site: Site, name: str, *, started_before: str = "", image: str = "") -> None:
    """Wait until a service is what was asked for. Raises DeployError with the log of what failed."""
    tasks = services.tasks(site, name)
    # the swarm goes on listing some of them
    failed_before = {task["ID"] for task in tasks if task["Status"]["State"] in FAILED}

    def poll() -> str:
        nonlocal tasks
        service = services.find(site, name)
        if not service:
            raise DeployError(f"The service {site.name(name)} was removed.", hint="make status")
        tasks = services.tasks(site, name)
        new = [task for task in tasks if task["ID"] not in failed_before]
        verdict = judge(service, new, started_before=started_before, image=image)
        if verdict.state == "failed":
            raise DeployError(f"{site.name(name)} did not start: {verdict.reason}.", cause=explain(site, tasks, image))
        return verdict.missing

    timeout = site.settings.rollout_timeout
    if missing := site.console.wait_until(poll, timeout=timeout):
        problem = f"{site.name(name)} timed out after {timeout} s: {missing}."
        raise DeployError(problem, cause=explain(site, tasks, image))


def rebalance(site: Site, name: str) -> None:
    """Move containers of a service from a node that has too many to one that has too few."""
    # A new container starts before the old one stops and the swarm counts both, so a rollout can leave all of them on
    # one node. One container more starts on the emptiest node, then the fullest one stops one.
    before = None
    schedulable = [
        node["ID"]
        for node in swarm.nodes(site)
        if node["Status"]["State"] == "ready" and node["Spec"]["Availability"] == "active"
    ]
    while True:
        tasks = [task for task in services.tasks(site, name) if task["DesiredState"] == "running"]
        placed = sorted(task["NodeID"] for task in tasks)
        # labels may keep the service from a node: then nothing moves
        if placed == before or not is_unbalanced(placed, schedulable):
            return
        before = placed
        for count in (len(tasks) + 1, len(tasks)):
            scale(site, name, count)


def scale(site: Site, name: str, replicas: int) -> None:
    """Change the number of replicas of a service, and wait for it."""
    lock.check(site)
    site.docker.run("service", "scale", "--detach", f"{site.name(name)}={replicas}")
    watch(site, name)


def explain(site: Site, tasks: Sequence[dict[str, Any]], image: str = "") -> str:
    """Return why the newest task that should run and does not: its state, its health checks, its log."""
    stopped = [
        task
        for task in tasks
        if task["Status"]["State"] != "running" and image in ("", task["Spec"]["ContainerSpec"]["Image"])
    ]
    if not stopped:
        return ""
    # one that has failed can tell most, and one that has just been started again nothing yet
    task = min(stopped, key=lambda task: (task["Status"]["State"] not in FAILED, not services.container_id(task)))
    status, container = task["Status"], services.container_id(task)
    parts = [f"state: {status['State']}, {status.get('Err') or status.get('Message', '')}"]
    for found in site.docker.inspect("container", container) if container else []:
        # a check that was cut short prints nothing
        checks = [check["Output"].strip() for check in (found["State"].get("Health") or {}).get("Log") or []]
        parts += [f"health: {printed[-500:]}" for printed in checks if printed][-1:]
    log = site.docker.output("service", "logs", "--raw", "--tail", "80", task["ID"])
    return "\n".join([*parts, "log:", log])
