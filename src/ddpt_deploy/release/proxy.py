"""What the proxy serves and how: its configuration, its maintenance page, static files. A change restarts nothing."""

import json
import re
import secrets as random
from collections.abc import Mapping

from ddpt_deploy.release import job
from ddpt_deploy.site import releases, services, stacks, store
from ddpt_deploy.site.site import Site

# The nodes that run the proxy.
EDGE = "node.labels.edge == yes"


def configure(site: Site, secrets: Mapping[str, str]) -> None:
    """Validate the files beside the program ``configure`` and have the proxy reload them. Raises DeployError."""
    name = stacks.proxy(site).name
    variables = {**site.settings.variables(), "RELOAD": "yes" if services.running(site, name) else "no"}
    _run(site, f"configure-{name}", "[!.]*", variables, secrets)


def set_maintenance(site: Site, on: bool) -> None:
    """Answer all requests with 503 and the maintenance page, or no longer. Django may be down meanwhile."""
    # the record in the swarm decides; what the proxy has follows from it, now and whenever it is configured
    if on:
        store.create(site, "maintenance", "maintenance", json.dumps({"bypass": random.token_urlsafe(16)}))
    else:
        site.docker.remove("config", site.name("maintenance"))
    _run(site, "maintenance", stacks.CONFIGURE, {}, {})


def in_maintenance(site: Site) -> bool:
    """Tell whether the site is in maintenance."""
    return bool(site.labelled("config", "maintenance"))


def bypass(site: Site) -> str:
    """Return the value of the cookie, and of the query parameter that sets it, by which a client passes maintenance."""
    return next((str(record.get("bypass", "")) for record in store.read(site, "maintenance")), "")


def certificate_errors(site: Site) -> list[str]:
    """Return why the proxy, or the service that gets its certificates, has got none, as it has logged last."""
    names = [name for stack in stacks.backing(site) for name in stack.services]
    running = [task for name in names for task in services.running(site, name)[:1]]
    log = "".join(site.docker.output("service", "logs", "--raw", "--tail", "300", task["ID"]) for task in running)
    failed = [json.loads(line) for line in log.splitlines() if '"msg":"could not get certificate' in line]
    reasons = [f"{one['identifier']}: no certificate.\n{one['error']}" for one in failed]
    reasons += re.findall(r"^\S+: no certificate\.\n(?:.+\n){1,5}", log, re.MULTILINE)
    return list(dict.fromkeys(reasons))[-3:]


def publish_static(site: Site, candidate: releases.Release) -> str:
    """Copy the static files of a release to each proxy, before any page names them, and return what the job printed."""
    recorded = " ".join(release.version for release in releases.history(site))
    copy = job.Job(
        name="static",
        image=candidate.image,
        command=("python", "/keep_static.py"),
        on_every_node=True,
        constraint=EDGE,
        # a new volume belongs to root; without capabilities that is all it may do
        user="0",
        environment={"RELEASE": candidate.version, "RECORDED": recorded, "DAYS": str(site.settings.keep_static_days)},
        volumes={"/kept": "static"},
        configs={"/keep_static.py": store.file(site, (site.folder / "jobs/keep_static.py").read_text())},
    )
    return job.run(site, copy, timeout=120).strip()


def _run(site: Site, name: str, files: str, environment: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Run the program ``configure`` beside each proxy, with its volumes, and in /new those of its ``files``."""
    stack = stacks.proxy(site)
    service = stack.services[stack.name]
    folder = site.folder / stack.name
    configure = job.Job(
        name=name,
        image=service["image"],
        command=("sh", f"/new/{stacks.CONFIGURE}"),
        on_every_node=True,
        constraint=EDGE,
        user="0",
        # a program may carry one as a file capability, and does not start without
        capabilities=service.get("cap_add", []),
        environment={**environment, "MAINTENANCE": "on" if in_maintenance(site) else "off", "BYPASS": bypass(site)},
        volumes=job.named_volumes(service),
        configs={f"/new/{path.name}": store.file(site, path.read_text()) for path in folder.glob(files)},
        secrets=secrets,
    )
    job.run(site, configure, timeout=60)
