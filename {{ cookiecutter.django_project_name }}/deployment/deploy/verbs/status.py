"""Show what runs, since when, and whether it is well."""

import re
from datetime import UTC, datetime

from deploy import hsts, inside, job, lock, machines, maintenance, release
from deploy import stack as stacks
from deploy.commands import containers, services
from deploy.errors import DeployError, EngineError
from deploy.site import SERVICES, Site


def run(site: Site) -> None:
    """Print the release, a line for each service, the disk, the lock."""
    recorded = release.history(site)
    current = recorded[-1] if recorded else None
    site.console.say(
        f"{site.settings.url}  {f'release {current.number}: {current.version}' if current else 'no release'}"
    )
    names = machines.names(site.engine)
    rows = [_row(site, name, names) for name in (*SERVICES, *_workers(site))]
    site.console.table(rows)
    try:
        site.console.say(inside.readiness(site))
    except DeployError as error:
        site.console.warn(error.message)
    try:
        disk = site.engine.run(containers.free_space(stacks.image(site, "caddy"))).splitlines()[-1].split()
        site.console.say(f"disk: {int(disk[3]) / 1024**2:.0f} GB free, {disk[4]} used")
    except EngineError:
        site.console.warn("The free disk space is not known.")
    site.console.say(lock.describe(lock.holder(site)))
    if maintenance.is_on(site):
        site.console.warn("Visitors get the page for maintenance: make maintenance-off")
    elif all(row["state"] == "healthy" for row in rows):
        advice = hsts.advice(site.settings, _served_since(site), datetime.now(UTC))
        if advice:
            site.console.say(advice)


def _served_since(site: Site) -> datetime:
    """Return when the site was set up: `make stack-rm` alone removes Caddy's service."""
    service = site.engine.inspect(services.inspect(site.service("caddy")))[0]
    return datetime.fromisoformat(service["CreatedAt"][:19] + "Z")


def _workers(site: Site) -> list[str]:
    known = stacks.service_names(site.file(stacks.file_name("django")).read_text())
    return [name for name in known if name not in SERVICES]


def _row(site: Site, name: str, names: dict[str, str]) -> dict[str, str]:
    found = site.engine.inspect(services.inspect(site.service(name)))
    tasks = job.tasks(site.engine, site.service(name)) if found else []
    running = [task for task in tasks if task["Status"]["State"] == "running"]
    wanted = [task for task in tasks if task["DesiredState"] == "running"]
    problem = next((task["Status"]["Err"] for task in tasks if task["Status"].get("Err")), "")
    image = found[0]["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] if found else ""
    image = re.sub("(@sha256:.{12}).*", r"\1", image)
    healthy = found and running and len(running) >= len(wanted)
    return {
        "service": name,
        "state": "healthy" if healthy else ("not well" if found else "not there"),
        "running": f"{len(running)} of {len(wanted)}",
        **({"on": ", ".join(sorted({names[task["NodeID"]] for task in running}))} if len(names) > 1 else {}),
        "since": min((task["Status"]["Timestamp"][:19] + "Z" for task in running), default=""),
        "image": image,
        "last problem": problem,
    }
