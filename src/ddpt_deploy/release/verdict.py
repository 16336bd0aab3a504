"""The verdict on a rollout or a job, from nothing but the engine's state: pure functions, no waiting."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

# States of a task that has ended: https://docs.docker.com/engine/swarm/how-swarm-mode-works/swarm-task-states/
ENDED = {"complete", "failed", "shutdown", "rejected", "remove", "orphaned"}
FAILED = {"failed", "rejected"}
# What tells one version of a container from the next.
PARTS = ("Image", "Env", "Secrets", "Configs", "Args", "Command", "Mounts", "Healthcheck", "User", "Labels")


@dataclass(frozen=True)
class Verdict:
    """How far a service or a job is, and why."""

    state: Literal["done", "waiting", "failed"]
    reason: str

    @property
    def missing(self) -> str:
        """Return what is still waited for, or nothing."""
        return self.reason if self.state == "waiting" else ""


def judge(
    service: dict[str, Any], tasks: Sequence[dict[str, Any]], *, started_before: str = "", image: str = ""
) -> Verdict:
    """Judge a service by its state and its tasks, the newest first, but for those that failed before this update.

    ``started_before`` says when the update before this one started, and ``image`` what must run (any when empty).
    """
    status = service.get("UpdateStatus") or {}
    state = status.get("State", "") if status.get("StartedAt", "") != started_before else ""
    current = [task for task in tasks if is_current(service, task)]
    failed = [task for task in tasks if task["Status"]["State"] in FAILED]
    if state.startswith("rollback") or state == "paused":
        return Verdict("failed", f"the engine stopped the update ({status.get('Message', state)})")
    if image and service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] != image:
        return Verdict("failed", "the engine rolled back to what ran before")
    if not state and len([task for task in failed if task in current]) >= 3:
        return Verdict("failed", "its containers keep failing")

    running = [task for task in current if task["Status"]["State"] == "running" and task["DesiredState"] == "running"]
    replicated = service["Spec"]["Mode"].get("Replicated")
    wanted = [task for task in tasks if task["DesiredState"] in ("running", "ready")]
    desired = int(replicated["Replicas"]) if replicated else max(1, len(wanted))
    others = [task for task in tasks if task not in running and task["Status"]["State"] not in ENDED]
    if len(running) == desired and not others and state in ("", "completed"):
        return Verdict("done", f"{desired} running")
    problems = [task["Status"]["Err"] for task in current if task["Status"].get("Err") and task not in failed]
    ending = [f"{len(others)} ending"] if others and len(running) == desired else []
    return Verdict("waiting", ", ".join([f"{len(running)} of {desired} running", *ending, *problems[:1]]))


def judge_job(tasks: Sequence[dict[str, Any]]) -> Verdict:
    """Judge a job by its tasks: the CLI would wait forever on one that failed."""
    for task in tasks:
        state = task["Status"]["State"]
        if state in ENDED - {"complete"}:
            return Verdict("failed", task["Status"].get("Err") or state)
    if tasks and all(task["Status"]["State"] == "complete" for task in tasks):
        return Verdict("done", "complete")
    problems = [task["Status"].get("Err") or task["Status"]["State"] for task in tasks]
    return Verdict("waiting", ", ".join(problems) or "no node carries the labels that it needs")


def update_started(service: dict[str, Any] | None) -> str:
    """Return when the last update of a service started, to tell the next one from it."""
    return str(((service or {}).get("UpdateStatus") or {}).get("StartedAt", ""))


def is_current(service: dict[str, Any], task: dict[str, Any]) -> bool:
    """Tell whether a task runs what the service asks for now."""
    desired, actual = service["Spec"]["TaskTemplate"], task["Spec"]
    same = all(desired["ContainerSpec"].get(part) == actual["ContainerSpec"].get(part) for part in PARTS)
    return same and desired.get("ForceUpdate", 0) == actual.get("ForceUpdate", 0)


def is_unbalanced(placed: Iterable[str], nodes: Iterable[str]) -> bool:
    """Tell whether one node has at least two containers more than another."""
    counts = Counter(dict.fromkeys(nodes, 0))
    counts.update(placed)
    return max(counts.values()) - min(counts.values()) > 1
