"""Caddy's configuration, and its page for maintenance. A change of them restarts nothing."""

from deploy import job, records, stack
from deploy.commands import services
from deploy.commands.services import Job, Mount
from deploy.console import Step
from deploy.settings import Settings
from deploy.site import Site


def configure(site: Site, step: Step | None = None) -> None:
    """Check the Caddyfile and have the running Caddy reload it. Raises DeployError with what Caddy says of it."""
    _run(
        site,
        ("sh", "/configure_caddy.sh"),
        files={
            "/configure_caddy.sh": "jobs/configure_caddy.sh",
            "/new/Caddyfile": "caddy/Caddyfile",
            "/new/maintenance.html": "caddy/maintenance.html",
        },
        environment={**environment(site.settings), "RELOAD": "yes" if is_running(site) else "no"},
        step=step,
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return what the Caddyfile names as ``{$...}``."""
    hosts = [settings.domain_name, *([f"www.{settings.domain_name}"] if settings.www_redirect else [])]
    return {
        "DOMAIN_NAME": settings.domain_name,
        "SITE_ADDRESSES": " ".join(f"http://{host} https://{host}" for host in hosts),
        "SITE_URL": settings.url,
        "ACME_EMAIL": settings.acme_email,
        "ACME_CA": settings.acme_ca,
        "HTTP_PORT": str(settings.http_port),
        "HTTPS_PORT": str(settings.https_port),
        "MAX_UPLOAD": settings.max_upload,
        "TRUSTED_PROXY_RANGES": settings.trusted_proxy_ranges,
        "HSTS": settings.hsts,
    }


def show_maintenance(site: Site, on: bool) -> None:
    """Have Caddy answer all requests with the page for maintenance, or no longer."""
    _run(site, ("touch", "/etc/caddy/maintenance.on") if on else ("rm", "-f", "/etc/caddy/maintenance.on"))


def is_running(site: Site) -> bool:
    """Tell whether Caddy runs already."""
    tasks = job.tasks(site.engine, site.service("caddy"))
    return bool(site.engine.inspect(services.inspect(site.service("caddy")))) and any(
        task["Status"]["State"] == "running" for task in tasks
    )


def _run(
    site: Site,
    command: tuple[str, ...],
    *,
    files: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    step: Step | None = None,
) -> None:
    job.run(
        site.engine,
        Job(
            name=site.service("proxy"),
            image=stack.image(site, "caddy"),
            command=command,
            everywhere=True,
            # the program carries it as a file capability and does not start without
            capabilities=["NET_BIND_SERVICE"],
            constraint="node.labels.edge == yes",
            environment=environment or {},
            mounts=[Mount(site.service("caddy_config"), "/etc/caddy")],
            configs={
                path: records.file(site.engine, site.stack, site.file(file).read_text())
                for path, file in (files or {}).items()
            },
        ),
        timeout=60,
        step=step,
    )
