"""The services that Django stands on: PostgreSQL, Redis, Caddy. Each is deployed on its own."""

from deploy import image, proxy, release, rollout, stack
from deploy.commands import services
from deploy.console import Step
from deploy.errors import DeployError
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
    try:
        rollout.watch(site, name, started_before=started_before, step=step)
    except DeployError as error:
        if "first start of PostgreSQL was interrupted" in error.cause:
            raise interrupted(site) from error
        raise


def interrupted(site: Site) -> DeployError:
    """Return the error that says what to do with a volume on which the first start of PostgreSQL was interrupted."""
    name = site.service("postgres")
    again = f"docker service rm {name}, then docker volume rm {name}, then make deploy-postgres"
    return DeployError(
        f"The first start of PostgreSQL was interrupted, and left the volume {name} incomplete.",
        cause="Django was never connected to it, and nothing is removed without you.",
        hint=again if release.history(site) else "make stack-rm EVERYTHING=1, then make setup",
    )
