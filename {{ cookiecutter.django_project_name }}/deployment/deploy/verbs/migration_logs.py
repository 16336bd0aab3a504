"""Print the log of the last migration job."""

from deploy import job
from deploy.errors import DeployError
from deploy.site import Site


def run(site: Site) -> None:
    """Print what the job said."""
    name = site.service("migrate")
    if not job.tasks(site.engine, name):
        raise DeployError("There was no migration job yet.", hint="make deploy-migrations")
    print(job.log(site.engine, name), end="")
