"""Print the log of the last migration job."""

from deploy.commands import services
from deploy.errors import DeployError
from deploy.site import Site


def run(site: Site) -> int:
    """Print what the job said."""
    name = site.service("migrate")
    if not site.engine.inspect(services.inspect(name)):
        raise DeployError("There was no migration job yet.", hint="make migrate")
    return site.engine.attach(services.logs(name))
