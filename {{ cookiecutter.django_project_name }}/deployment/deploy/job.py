"""Runs a job in the swarm and judges it by the state of its tasks: the CLI waits for ever on one that failed."""

import time
from typing import Any

from deploy import machines
from deploy.commands import services
from deploy.commands.services import Job
from deploy.console import Step
from deploy.engine import Engine
from deploy.errors import DeployError

FAILED = {"failed", "rejected", "shutdown", "orphaned", "remove"}


def run(engine: Engine, job: Job, *, timeout: float, step: Step | None = None) -> str:
    """Run a job to its end, remove it, and return its log. Raises DeployError with the log when it fails."""
    remove(engine, job.name)
    try:
        engine.run(services.create_job(job))
        wait(engine, job.name, timeout=timeout, step=step)
        return log(engine, job.name)
    finally:
        remove(engine, job.name)


def wait(engine: Engine, name: str, *, timeout: float, step: Step | None = None) -> None:
    """Wait for a job. Raises DeployError when a task fails, or when it takes too long."""
    deadline = time.monotonic() + timeout
    while True:
        found = tasks(engine, name)
        state, reason = judge(found)
        if state == "complete":
            return
        if state == "failed":
            raise DeployError(f"The job {name} failed: {reason}.", cause=log(engine, name))
        if time.monotonic() > deadline:
            reason = reason or "no node carries the labels that it needs"
            raise DeployError(f"The job {name} was given up after {timeout:.0f} s: {reason}.", cause=log(engine, name))
        if step:
            step.progress(reason)
        time.sleep(0.5)


def judge(tasks: list[dict[str, Any]]) -> tuple[str, str]:
    """Return ``waiting``, ``complete`` or ``failed`` for the tasks of a job, and why."""
    states = [task["Status"]["State"] for task in tasks]
    for task, state in zip(tasks, states, strict=True):
        if state in FAILED:
            return "failed", task["Status"].get("Err") or state
    if states and all(state == "complete" for state in states):
        return "complete", ""
    return "waiting", ", ".join(task["Status"].get("Err") or task["Status"]["State"] for task in tasks)


def tasks(engine: Engine, name: str) -> list[dict[str, Any]]:
    """Return the tasks of a service, the newest first; none when there is no such service.

    What the swarm still lists for a machine that is down is left out: nobody knows what became of it.
    """
    ids = engine.words_if_there(services.tasks(name))
    found = engine.inspect(services.inspect_tasks(*ids)) if ids else []
    down = machines.down(engine)
    found = [task for task in found if task.get("NodeID") not in down]
    return sorted(found, key=lambda task: task["CreatedAt"], reverse=True)


def log(engine: Engine, name: str) -> str:
    """Return what the tasks of a service printed, one after the other.

    The engine is asked for each task: after a container was killed, the log of the whole may never end (seen on 28.5).
    """
    return "".join(engine.output(services.logs(task["ID"], raw=True)) for task in reversed(tasks(engine, name)))


def remove(engine: Engine, name: str) -> None:
    """Remove a job, if it is there; what runs of it is stopped."""
    if not engine.inspect(services.inspect(name)):
        return
    engine.succeeds(services.remove(name))
