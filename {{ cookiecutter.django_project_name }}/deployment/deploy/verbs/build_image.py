"""Build the image of the working copy."""

from deploy import git, image
from deploy.site import Site


def run(site: Site) -> None:
    """Build the image, with the git revision as its version."""
    with site.console.step("build") as step:
        step.detail = image.build(site, git.version(site.folder.parent)).reference
