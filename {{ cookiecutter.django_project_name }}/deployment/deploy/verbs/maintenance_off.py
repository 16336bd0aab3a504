"""Let visitors in again."""

from deploy import maintenance
from deploy.site import Site


def run(site: Site) -> None:
    """Switch the page for maintenance off."""
    with site.console.step("maintenance off"):
        maintenance.switch_off(site)
