"""Build the image of the working copy and push it to the registry."""

from deploy import delivery, git
from deploy.errors import DeployError
from deploy.site import Site


def run(site: Site) -> None:
    """Build and push."""
    if not site.settings.registry:
        raise DeployError("There is no registry to push to.", hint=f"set REGISTRY in {site.settings.environment}.env")
    delivery.make_image(site, git.version(site.folder.parent))
