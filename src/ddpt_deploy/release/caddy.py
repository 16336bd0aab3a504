"""What Caddy serves and how: its configuration, its maintenance page, static files. A change restarts nothing."""

from collections.abc import Mapping

from ddpt_deploy.release import job
from ddpt_deploy.release.job import Job
from ddpt_deploy.site import releases, services, stacks, store
from ddpt_deploy.site.releases import Release
from ddpt_deploy.site.settings import Settings
from ddpt_deploy.site.site import Site

# The nodes that run Caddy.
EDGE = "node.labels.edge == yes"


def configure(site: Site) -> None:
    """Validate the Caddyfile and have the running Caddy reload it. Raises DeployError with what Caddy prints of it."""
    files = {name: (site.folder / "caddy" / name).read_text() for name in ("Caddyfile", "maintenance.html")}
    running = services.running(services.tasks(site, "caddy"))
    _run(
        site,
        "configure-caddy",
        {f"/new/{name}": store.file(site, text) for name, text in files.items()},
        {**environment(site.settings), "RELOAD": "yes" if running else "no"},
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return what the Caddyfile names as ``{$...}``: every setting, and what follows from them."""
    hosts = [settings.domain_name, *([f"www.{settings.domain_name}"] if settings.www_redirect else [])]
    return {
        **settings.variables(),
        "SITE_ADDRESSES": " ".join(f"http://{host} https://{host}" for host in hosts),
        "SITE_URL": settings.url,
        "HSTS": settings.hsts,
    }


def set_maintenance(site: Site, on: bool) -> None:
    """Answer all requests with 503 and the maintenance page, or no longer. Django may be down meanwhile.

    The record in the swarm decides; what Caddy has follows from it, now and whenever Caddy is configured.
    """
    if on:
        store.create(site, "maintenance", "maintenance", "{}")
    else:
        site.docker.remove("config", site.name("maintenance"))
    _run(site, "maintenance", {}, {})


def in_maintenance(site: Site) -> bool:
    """Tell whether the site is in maintenance."""
    return bool(site.labelled("config", "maintenance"))


def publish_static(site: Site, candidate: Release) -> str:
    """Copy the hashed static files of a release to each node whose Caddy serves them, before any page names them.

    Those of recorded releases stay. Returns what the job printed.
    """
    recorded = {release.version for release in releases.history(site)}
    copy = Job(
        name="static",
        image=candidate.image,
        command=("python", "/keep_static.py"),
        on_every_node=True,
        constraint=EDGE,
        # a new volume belongs to root; without capabilities that is all it may do
        user="0",
        environment={"RELEASE": candidate.version, "RECORDED": " ".join(recorded)},
        volumes={"/kept": "static"},
        configs={"/keep_static.py": job.script(site, "keep_static.py")},
    )
    return job.run(site, copy, timeout=120).strip()


def _run(site: Site, name: str, files: Mapping[str, str], environment: Mapping[str, str]) -> None:
    configure = Job(
        name=name,
        image=stacks.get(site, "caddy").images[0],
        command=("sh", "/configure_caddy.sh"),
        on_every_node=True,
        constraint=EDGE,
        # the program carries it as a file capability and does not start without
        capabilities=["NET_BIND_SERVICE"],
        environment={**environment, "MAINTENANCE": "on" if in_maintenance(site) else "off"},
        volumes={"/etc/caddy": "caddy_config"},
        configs={"/configure_caddy.sh": job.script(site, "configure_caddy.sh"), **files},
    )
    job.run(site, configure, timeout=60)
