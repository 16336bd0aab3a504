"""Remove releases, images, configs and secrets that nothing needs any more."""

from deploy import cleaning, lock
from deploy.site import Site


def run(site: Site) -> None:
    """Clean up, as each deploy does at its end."""
    with lock.held(site, "prune"), site.console.step("prune") as step:
        step.detail = cleaning.prune(site) or "nothing to remove"
