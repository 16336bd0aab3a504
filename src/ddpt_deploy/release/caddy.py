"""Caddy's configuration, and its maintenance page. A change of them restarts nothing."""

from collections.abc import Mapping

from ddpt_deploy.console import Step
from ddpt_deploy.docker.services import Job
from ddpt_deploy.release import job
from ddpt_deploy.site import services, stacks, store
from ddpt_deploy.site.settings import Settings
from ddpt_deploy.site.site import Site


def configure(site: Site, step: Step | None = None) -> None:
    """Validate the Caddyfile and have the running Caddy reload it. Raises DeployError with what Caddy prints of it."""
    files = {name: (site.folder / "caddy" / name).read_text() for name in ("Caddyfile", "maintenance.html")}
    running = services.running(services.tasks(site, "caddy"))
    _run(
        site,
        "configure-caddy",
        {f"/new/{name}": store.file(site, text) for name, text in files.items()},
        {**environment(site.settings), "RELOAD": "yes" if running else "no"},
        step,
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
        store.remove(site, site.name("maintenance"))
    _run(site, "maintenance", {}, {})


def in_maintenance(site: Site) -> bool:
    """Tell whether the site is in maintenance."""
    return bool(store.ids(site, "maintenance"))


def _run(
    site: Site, name: str, files: Mapping[str, str], environment: Mapping[str, str], step: Step | None = None
) -> None:
    job.run(
        site,
        Job(
            name=name,
            image=stacks.get(site, "caddy").images[0],
            command=("sh", "/configure_caddy.sh"),
            on_every_node=True,
            # the program carries it as a file capability and does not start without
            capabilities=["NET_BIND_SERVICE"],
            constraint="node.labels.edge == yes",
            environment={**environment, "MAINTENANCE": "on" if in_maintenance(site) else "off"},
            volumes={"/etc/caddy": "caddy_config"},
            configs={"/configure_caddy.sh": job.script(site, "configure_caddy.sh"), **files},
        ),
        timeout=60,
        step=step,
    )
