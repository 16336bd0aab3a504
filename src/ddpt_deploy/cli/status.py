import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.release import caddy, disk, hsts, readiness
from ddpt_deploy.site import lock, nodes, releases, schedule, services, stacks
from ddpt_deploy.site.schedule import Run
from ddpt_deploy.site.site import Site


def run(site: Site) -> int:
    """Show which release runs, the health of each service, the disk and the lock; status 1 where a scheduled job failed."""
    try:
        recorded = releases.history(site)
        current = f"release {recorded[-1].number}: {recorded[-1].version}" if recorded else "no release"
        site.console.say(f"{site.settings.url}  {current}")
    except DeployError as error:
        site.console.warn(f"{site.settings.url}  {error}")
    names = nodes.names(site)
    rows = [_row(site, name, names) for stack in stacks.load(site).values() for name in stack.services]
    site.console.table(rows)
    runs = schedule.last_runs(site)
    site.console.table([_job(run) for run in runs])
    try:
        site.console.say(readiness.check(site))
    except DeployError as error:
        site.console.warn(error.message)
    try:
        gigabytes, used = disk.free(site)
        site.console.say(f"disk: {gigabytes:.0f} GB free, {used} used")
    except DockerError:
        site.console.warn("The free disk space is not known.")
    site.console.say(lock.describe(lock.held_by(site)))
    if caddy.in_maintenance(site):
        site.console.warn("The site is in maintenance: make maintenance-off")
    elif all(row["state"] == "healthy" for row in rows):
        # only `make stack-rm` removes Caddy's service, so its age is that of the site
        caddy_service = services.find(site, "caddy") or {"CreatedAt": datetime.now(UTC).isoformat()}
        served_since = datetime.fromisoformat(caddy_service["CreatedAt"][:19] + "Z")
        advice = hsts.advice(site.settings, served_since, datetime.now(UTC))
        if advice:
            site.console.say(advice)
    return int(not all(run.ok for run in runs))


def _job(run: Run) -> dict[str, str]:
    return {
        "job": run.job,
        "last run": run.when,
        "seconds": f"{run.seconds:.1f}",
        "result": "ok" if run.ok else "failed",
        "printed": run.printed,
    }


def _row(site: Site, name: str, nodes: Mapping[str, str]) -> dict[str, str]:
    service = services.find(site, name)
    tasks = services.tasks(site, name) if service else []
    running = services.running(tasks)
    desired = [task for task in tasks if task["DesiredState"] == "running"]
    problem = next((task["Status"]["Err"] for task in tasks if task["Status"].get("Err")), "")
    image = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] if service else ""
    healthy = service and running and len(running) >= len(desired)
    return {
        "service": name,
        "state": "healthy" if healthy else ("unhealthy" if service else "not deployed"),
        "running": f"{len(running)} of {len(desired)}",
        **({"on": ", ".join(sorted({nodes[task["NodeID"]] for task in running}))} if len(nodes) > 1 else {}),
        "since": min((task["Status"]["Timestamp"][:19] + "Z" for task in running), default=""),
        "image": re.sub("(@sha256:.{12}).*", r"\1", image),
        "last problem": problem,
    }
