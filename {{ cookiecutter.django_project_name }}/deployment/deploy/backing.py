"""The services that Django stands on: PostgreSQL, Redis, Caddy. Each is deployed on its own."""

from deploy import image, proxy, rollout, stack
from deploy.commands import services
from deploy.console import Step
from deploy.site import Site
from deploy.stack import Keys


def deploy(site: Site, name: str, *, keys: Keys | None = None, step: Step | None = None) -> None:
    """Bring one of them to what its stack file says, and wait until it is healthy.

    Nothing restarts when nothing changed. Caddy reloads its configuration first.
    """
    # before anything stops: a pull takes longer than a restart
    image.fetch(site, stack.image(site, name))
    if name == "caddy":
        proxy.configure(site, step)
    found = site.engine.inspect(services.inspect(site.service(name)))
    started_before = rollout.update_started(found[0] if found else None)
    stack.deploy(site, name, keys=keys)
    rollout.watch(site, name, started_before=started_before, step=step)
