"""Watches services come to what was asked, and judges by the engine's state and by what really runs."""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from deploy import job, machines
from deploy.commands import containers, images, services
from deploy.console import Step
from deploy.errors import DeployError
from deploy.site import Site

# States of a task that has ended.
ENDED = {"complete", "failed", "shutdown", "rejected", "remove", "orphaned"}
BROKEN = {"failed", "rejected"}
# What tells one version of a container from the next.
PARTS = ("Image", "Env", "Secrets", "Configs", "Args", "Command", "Mounts", "Healthcheck", "User", "Labels")


@dataclass(frozen=True)
class Verdict:
    """How far a service is: ``done``, ``waiting`` or ``failed``, and why."""

    state: str
    reason: str


def update_started(service: dict[str, Any] | None) -> str:
    """Return when the last update of a service started, to tell the next one from it."""
    return ((service or {}).get("UpdateStatus") or {}).get("StartedAt", "")


def is_current(service: dict[str, Any], task: dict[str, Any]) -> bool:
    """Tell whether a task runs what the service asks for now."""
    asked, given = service["Spec"]["TaskTemplate"], task["Spec"]
    return all(asked["ContainerSpec"].get(part) == given["ContainerSpec"].get(part) for part in PARTS) and (
        asked.get("ForceUpdate", 0) == given.get("ForceUpdate", 0)
    )


def judge(
    service: dict[str, Any],
    tasks: Sequence[dict[str, Any]],
    *,
    started_before: str = "",
    image: str = "",
    failed_before: Collection[str] = (),
) -> Verdict:
    """Judge a service by its state and its tasks, the newest first.

    ``started_before`` is when the update before ours started, ``image`` what must run, and ``failed_before`` are the ids
    of tasks that failed once upon a time: the swarm remembers some of them for ever.
    """
    status = service.get("UpdateStatus") or {}
    state = status.get("State", "") if status.get("StartedAt", "") != started_before else ""
    current = [task for task in tasks if is_current(service, task)]
    failed = [task for task in tasks if task["Status"]["State"] in BROKEN and task["ID"] not in failed_before]
    if state.startswith("rollback") or state == "paused":
        return Verdict("failed", f"the engine stopped the update ({status.get('Message', state)})")
    if image and service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] != image:
        return Verdict("failed", "the engine went back to what ran before")
    if not state and len([task for task in failed if task in current]) >= 3:
        return Verdict("failed", "its containers fail again and again")

    running = [task for task in current if task["Status"]["State"] == "running" and task["DesiredState"] == "running"]
    wanted = _replicas(service, tasks)
    others = [task for task in tasks if task not in running and task["Status"]["State"] not in ENDED]
    if len(running) == wanted and not others and state in ("", "completed"):
        return Verdict("done", f"{wanted} running")
    waiting = [task["Status"]["Err"] for task in current if task["Status"].get("Err") and task not in failed]
    ending = [f"{len(others)} ending"] if others and len(running) == wanted else []
    return Verdict("waiting", ", ".join([f"{len(running)} of {wanted} running", *ending, *waiting[:1]]))


def watch(site: Site, name: str, *, started_before: str = "", image: str = "", step: Step | None = None) -> None:
    """Wait until a service is what was asked for. Raises DeployError with the log of what failed."""
    deadline = time.monotonic() + site.settings.rollout_timeout
    full = site.service(name)
    failed_before: set[str] | None = None
    while True:
        found = site.engine.inspect(services.inspect(full))
        if not found:
            raise DeployError(f"There is no service {full} any more.", hint="make status")
        tasks = job.tasks(site.engine, full)
        if failed_before is None:
            failed_before = {task["ID"] for task in tasks if task["Status"]["State"] in BROKEN}
        verdict = judge(found[0], tasks, started_before=started_before, image=image, failed_before=failed_before)
        if verdict.state == "done":
            if image:
                _check_digests(site, full, tasks, image)
            return
        if verdict.state == "failed":
            raise DeployError(f"{full} did not start: {verdict.reason}.", cause=explain(site, tasks, image))
        if time.monotonic() > deadline:
            raise DeployError(
                f"{full} took more than {site.settings.rollout_timeout} s: {verdict.reason}.",
                cause=explain(site, tasks, image),
            )
        if step:
            step.progress(verdict.reason)
        time.sleep(0.5)


def is_lopsided(places: Iterable[str], machines: Iterable[str]) -> bool:
    """Tell whether one machine has at least two containers more than another."""
    counts = Counter(dict.fromkeys(machines, 0))
    counts.update(places)
    return max(counts.values()) - min(counts.values()) > 1


def spread(site: Site, name: str, *, step: Step | None = None) -> None:
    """Move containers of a service from a machine that has too many to one that has too few.

    A new container starts before the old one stops and the swarm counts both, so a rollout can leave all of them on one
    machine. One container more starts on the emptiest machine, then the fullest gives one up.
    """
    full, before = site.service(name), None
    open_to_work = machines.open_to_work(site.engine)
    while True:
        tasks = [task for task in job.tasks(site.engine, full) if task["DesiredState"] == "running"]
        places = sorted(task["NodeID"] for task in tasks)
        # labels may keep the service from a machine: then nothing moves
        if places == before or not is_lopsided(places, open_to_work):
            return
        before = places
        for count in (len(tasks) + 1, len(tasks)):
            site.engine.run(services.scale(full, count))
            watch(site, name, step=step)


def explain(site: Site, tasks: Sequence[dict[str, Any]], image: str = "") -> str:
    """Return why the newest task that should run and does not: its state, its health checks, its log."""
    stopped = [
        task
        for task in tasks
        if task["Status"]["State"] != "running" and image in ("", task["Spec"]["ContainerSpec"]["Image"])
    ]
    # one that has failed can tell most, and one that has just been started again nothing yet
    for task in sorted(stopped, key=lambda task: (task["Status"]["State"] not in BROKEN, not _container(task)))[:1]:
        status = task["Status"]
        parts = [f"state: {status['State']}, {status.get('Err') or status.get('Message', '')}"]
        container = _container(task)
        for found in site.engine.inspect(containers.inspect(container)) if container else []:
            # one that was cut short says nothing
            checks = [check["Output"].strip() for check in (found["State"].get("Health") or {}).get("Log") or []]
            parts += [f"health: {said[-500:]}" for said in checks if said][-1:]
        log = site.engine.output(services.logs(task["ID"], tail="80", raw=True))
        return "\n".join([*parts, "log:", log])
    return ""


def _container(task: dict[str, Any]) -> str:
    return str((task["Status"].get("ContainerStatus") or {}).get("ContainerID", ""))


def _replicas(service: dict[str, Any], tasks: Sequence[dict[str, Any]]) -> int:
    replicated = service["Spec"]["Mode"].get("Replicated")
    if replicated:
        return int(replicated["Replicas"])
    return max(1, len([task for task in tasks if task["DesiredState"] in ("running", "ready")]))


def _check_digests(site: Site, full: str, tasks: Sequence[dict[str, Any]], image: str) -> None:
    """Compare the image of each running container with the one that was asked for, as far as this engine has them."""
    wanted = [found["Id"] for found in site.engine.inspect(images.inspect(image))]
    ids = [task["Status"]["ContainerStatus"]["ContainerID"] for task in tasks if task["Status"]["State"] == "running"]
    for found in site.engine.inspect(containers.inspect(*ids)) if wanted and ids else []:
        if found["Image"] not in wanted:
            raise DeployError(f"{full} runs {found['Image']} and not {wanted[0]}.", hint="make deploy")
