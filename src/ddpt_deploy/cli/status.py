"""The command that shows how the site is."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.release import database, drift, image, proxy, smoke_test
from ddpt_deploy.site import lock, releases, services, stacks, swarm
from ddpt_deploy.site.settings import Settings
from ddpt_deploy.site.site import Site

YEAR = 31_536_000


def status(site: Site) -> int:
    """Show the release, the health of each service, the disk and the lock; status 1 where a job or a check failed."""
    recorded: list[releases.Release] = []
    try:
        recorded = releases.history(site)
        current = f"release {recorded[-1].number}: {recorded[-1].version}" if recorded else "no release"
        site.console.say(f"{site.settings.url}  {current}")
    except DeployError as error:
        site.console.warn(f"{site.settings.url}  {error}")
    nodes = swarm.names(site)
    rows = [_row(site, name, nodes) for stack in stacks.load(site) for name in stack.services]
    site.console.table(rows)
    runs = _scheduled(site)
    site.console.table(runs)
    _, problem, states = smoke_test.ask(site)
    site.console.say(", ".join(f"{name}: {state}" for name, state in states.items()))
    if problem:
        site.console.warn(f"{site.settings.url}: {problem}")
    try:
        gigabytes, used = image.free_disk(site)
        site.console.say(f"disk: {gigabytes:.0f} GB free, {used} used")
    except DockerError:
        site.console.warn("The free disk space is not known.")
    for stack, names in drift.changes(site, recorded).items():
        site.console.say(f"changed and not applied: {', '.join(names)}: make deploy-{stack}")
    problems = database.sort_order_problems(site)
    for problem in problems:
        site.console.warn(f"{problem}: make reindex")
    site.console.say(lock.describe(lock.held_by(site)))
    if proxy.in_maintenance(site):
        site.console.warn("The site is in maintenance: make maintenance-off")
    elif all(row["state"] == "healthy" for row in rows):
        # only `make stack-rm` removes the proxy's service, so its age is that of the site
        name = stacks.proxy(site).name
        service = services.find(site, name) or {"CreatedAt": datetime.now(UTC).isoformat()}
        served_since = datetime.fromisoformat(service["CreatedAt"][:19] + "Z")
        if advice := hsts_advice(site.settings, name, datetime.now(UTC) - served_since):
            site.console.say(advice)
    return int(bool(problems) or any(run["result"] == "failed" for run in runs))


def hsts_advice(settings: Settings, proxy_stack: str, served: timedelta) -> str:
    """Return what to do for browsers to use only HTTPS for longer; nothing while it is too early, or done."""
    if settings.is_local or settings.hsts_seconds >= YEAR or served < timedelta(days=7):
        return ""
    how = f"write SECURE_HSTS_SECONDS={YEAR} into {settings.environment}.env"
    then = f"make deploy-{proxy_stack} deploy-django"
    return f"The site has run for {served.days} days. For browsers to use only HTTPS for a year, {how}, then: {then}"


def _scheduled(site: Site) -> list[dict[str, str]]:
    """Return the last run of each scheduled job, as the scheduler has logged it; none where it does not run."""
    jobs: dict[str, Any] = {}
    for task in services.running(site, "scheduler")[:1]:
        for line in site.docker.output("service", "logs", "--raw", "--tail", "200", task["ID"]).splitlines():
            if line.startswith('{"jobs"'):
                jobs = json.loads(line)["jobs"]
    return [
        {
            "job": job,
            "last run": datetime.fromtimestamp(run["started"], UTC).isoformat(timespec="seconds"),
            "seconds": f"{run['seconds']:.1f}",
            "result": "ok" if run["ok"] else "failed",
            "printed": run["printed"],
        }
        for job, run in jobs.items()
        if run
    ]


def _row(site: Site, name: str, nodes: Mapping[str, str]) -> dict[str, str]:
    service = services.find(site, name)
    tasks = services.tasks(site, name) if service else []
    running = [task for task in tasks if task["Status"]["State"] == "running"]
    desired = [task for task in tasks if task["DesiredState"] == "running"]
    problem = next((task["Status"]["Err"] for task in tasks if task["Status"].get("Err")), "")
    image, built = _image(site, service)
    healthy = service and running and len(running) >= len(desired)
    return {
        "service": name,
        "state": "healthy" if healthy else ("unhealthy" if service else "not deployed"),
        "running": f"{len(running)} of {len(desired)}",
        **({"on": ", ".join(sorted({nodes[task["NodeID"]] for task in running}))} if len(nodes) > 1 else {}),
        "since": min((task["Status"]["Timestamp"][:19] + "Z" for task in running), default=""),
        "image": image,
        "built": built,
        "last problem": problem,
    }


def _image(site: Site, service: dict[str, Any] | None) -> tuple[str, str]:
    """Return the name of the image of a service, and when it was built, if this engine has it."""
    name = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] if service else ""
    built = ""
    for found in site.docker.inspect("image", name) if name else []:
        days = (datetime.now(UTC) - datetime.fromisoformat(found["Created"][:19] + "Z")).days
        built = f"{days} days ago"
        # an ID says nothing to people
        if name.startswith("sha256:"):
            name = next(iter(found.get("RepoTags") or []), name)
    return re.sub("(sha256:.{12}).*", r"\1", name), built
