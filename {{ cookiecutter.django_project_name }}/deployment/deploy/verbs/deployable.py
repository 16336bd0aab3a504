"""Check whether a deploy could start, and list everything that is wrong."""

from deploy import preflight
from deploy.site import Site


def run(site: Site) -> None:
    """Do the preflight alone."""
    with site.console.step("preflight"):
        preflight.check(site)
