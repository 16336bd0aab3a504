"""Show visitors the page caddy/maintenance.html, with status 503."""

from deploy import maintenance
from deploy.site import Site


def run(site: Site) -> None:
    """Switch the page on; Django may be down meanwhile."""
    with site.console.step("maintenance on"):
        maintenance.switch_on(site)
