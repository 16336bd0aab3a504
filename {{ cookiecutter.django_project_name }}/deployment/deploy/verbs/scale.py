"""Run REPLICAS containers of SERVICE (django) until the next deploy."""

from deploy import lock, rollout
from deploy.commands import services
from deploy.errors import DeployError
from deploy.site import Site


def run(site: Site) -> None:
    """Change the number of containers and wait for it."""
    name = site.option("SERVICE", "django")
    count = site.required("REPLICAS", "make scale REPLICAS=3")
    if not count.isdigit() or name in ("caddy", "postgres", "redis"):
        raise DeployError("Only Django and its workers can be scaled, to a number.", hint="make scale REPLICAS=3")
    with lock.held(site, f"scale {name} to {count}"), site.console.step("scale") as step:
        site.engine.run(services.scale(site.service(name), int(count)))
        rollout.watch(site, name, step=step)
        step.detail = f"{count} of {name}; to keep it: DJANGO_REPLICAS={count} in {site.settings.environment}.env"
