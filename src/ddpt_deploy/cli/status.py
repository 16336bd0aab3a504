"""The command that shows how the site is within ``STATUS_TIMEOUT``, and names what is not known until then."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.release import database, drift, image, preflight, probe, proxy, smoke_test
from ddpt_deploy.site import lock, releases, services, stacks, swarm
from ddpt_deploy.site.site import Site

# Facts, by the names that people read as well, and problems, which nobody raises.
Findings = Iterator[tuple[str, Any] | DeployError]


def status(site: Site) -> int:
    """Show what runs and since when, its health, disk, certificate, backups and lock; status 1 where there is a problem."""
    found: dict[str, list[tuple[str, Any] | DeployError]] = {part.__name__: [] for part in PARTS}

    def look(part: Callable[[Site], Findings]) -> None:
        try:
            found[part.__name__].extend(part(site))
        except DeployError as error:
            found[part.__name__].append(error)

    # daemons, for which nobody waits: an engine or a site may not answer at all
    threads = [Thread(target=look, args=[part], name=part.__name__, daemon=True) for part in PARTS]
    deadline = time.monotonic() + site.settings.status_timeout
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    findings = [one for part in list(found.values()) for one in part]
    facts = dict(one for one in findings if isinstance(one, tuple))
    # an engine that does not answer is one problem, whichever question it was
    raised = [one for one in findings if isinstance(one, DeployError)]
    problems = list({one.cause if isinstance(one, DockerError) else str(one): one for one in raised}.values())
    if late := [thread.name for thread in threads if thread.is_alive()]:
        problem = f"Not known after {site.settings.status_timeout} s: {', '.join(late)}."
        problems.append(
            DeployError(problem, hint="make status STATUS_TIMEOUT=30; if docker info is slow as well, see the server")
        )
    site.console.report({"site": site.settings.url, **facts}, problems)
    return int(bool(problems))


def release(site: Site) -> Findings:
    """Find which release runs, and what was changed and not applied."""
    recorded = releases.history(site)
    for one in recorded[-1:]:
        yield "release", {"number": str(one.number), "version": one.version, "since": one.when, "by": one.who}
    if version := releases.unrecorded(site, recorded):
        yield DeployError(f"{version} runs, but is not on record.", hint="make deploy, or make rollback")
    changed = drift.changes(site, recorded).items()
    yield "changes", [{"not applied": ", ".join(names), "next": f"make deploy-{stack}"} for stack, names in changed]


def containers(site: Site) -> Findings:
    """Find the nodes and containers of each service."""
    stack_of = {name: stack.name for stack in stacks.load(site) for name in stack.services}
    deployed = {one["Spec"]["Name"]: one for one in site.docker.inspect("service", *map(site.name, stack_of))}
    images = {service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] for service in deployed.values()}
    built = site.docker.inspect("image", *images)
    tasks = services.tasks(site, *stack_of)
    nodes = {}
    for node in swarm.listed(site):
        name = nodes[node["ID"]] = node["Hostname"]
        if node["Status"] != "Ready":
            yield DeployError(f"The node {name} is {node['Status'].lower()}.", hint=f"docker node ps {name}")
    rows = []
    for name, stack in stack_of.items():
        service = deployed.get(site.name(name))
        own = [task for task in tasks if service and task["ServiceID"] == service["ID"]]
        row = {"service": name, **_state(own, nodes), **_image(service, built)}
        if not service:
            row["state"] = "not deployed"
        if row["state"] != "healthy":
            hint = f"make service-logs SERVICE={name}" if service else f"make deploy-{stack}"
            yield DeployError(f"{name} is {row['state']}.", cause=row["last problem"], hint=hint)
        rows.append(row)
    yield "services", rows


def scheduler(site: Site) -> Findings:
    """Find what the scheduler has logged last: of scheduled jobs, the backups and the certificate."""
    logged: dict[str, Any] = {}
    for task in services.running(site, "scheduler")[:1]:
        for line in site.docker.output("service", "logs", "--raw", "--tail", "200", task["ID"]).splitlines():
            if line.startswith('{"facts"'):
                logged = json.loads(line)
    yield from logged.get("facts", {}).items()
    yield from (DeployError(**problem) for problem in logged.get("problems", ()))


def answers(site: Site) -> Findings:
    """Find how the site answers, and what Django says of what it needs."""
    level, problem, states = smoke_test.ask(site, timeout=0)
    yield "needs", states
    if problem:
        page = f"SMOKE_TEST_PATH in {site.settings.environment}.env: a page that answers without a login"
        hint = page if level == probe.CLIENT_ERROR else "make service-logs SINCE=1h"
        yield DeployError(f"{site.settings.url}: {problem}.", hint=hint)
    if states.get("cache") == "degraded":
        yield DeployError("The cache does not answer; pages do without.", hint="make deploy-redis")


def disk(site: Site) -> Findings:
    """Find how much disk is free."""
    gigabytes, used = image.free_disk(site)
    yield "disk", {"free GB": f"{gigabytes:.0f}", "used": used}
    if gigabytes < preflight.FREE_GIGABYTES:
        yield DeployError(f"Only {gigabytes:.1f} GB of disk are free.", hint="make prune")


def sort_order(site: Site) -> Findings:
    """Find whether indexes fit the image of PostgreSQL."""
    yield from (DeployError(f"{problem}.", hint="make reindex") for problem in database.sort_order_problems(site))


def lock_and_maintenance(site: Site) -> Findings:
    """Find who holds the lock, and whether there is maintenance."""
    yield "lock", lock.describe(lock.held_by(site))
    if proxy.in_maintenance(site):
        yield DeployError("The site is in maintenance.", hint="make maintenance-off")


PARTS = (release, containers, scheduler, answers, disk, sort_order, lock_and_maintenance)


def _state(tasks: Sequence[dict[str, Any]], nodes: Mapping[str, str]) -> dict[str, str]:
    running = [task for task in tasks if task["Status"]["State"] == "running"]
    desired = [task for task in tasks if task["DesiredState"] == "running"]
    return {
        "state": "healthy" if running and len(running) >= len(desired) else "unhealthy",
        "running": f"{len(running)} of {len(desired)}",
        "on": ", ".join(sorted({nodes[task["NodeID"]] for task in running})),
        "since": min((task["Status"]["Timestamp"][:19] + "Z" for task in running), default=""),
        "last problem": next((task["Status"]["Err"] for task in tasks if task["Status"].get("Err")), ""),
    }


def _image(service: dict[str, Any] | None, images: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the name of the image of a service, and when it was built, if this engine has it."""
    name, built = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] if service else "", ""
    for found in images:
        names = [*(found.get("RepoTags") or []), *(found.get("RepoDigests") or []), found["Id"]]
        # of a name with a tag and a digest the engine keeps the digest
        if re.sub(":[^:/]+@", "@", name) in names:
            built = f"{(datetime.now(UTC) - datetime.fromisoformat(found['Created'][:19] + 'Z')).days} days ago"
            # an ID says nothing to people
            name = names[0] if name.startswith("sha256:") else name
    return {"image": re.sub("(sha256:.{12}).*", r"\1", name), "built": built}
