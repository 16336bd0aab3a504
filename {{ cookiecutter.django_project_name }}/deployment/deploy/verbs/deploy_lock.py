"""Keep everybody from deploying, with a MESSAGE."""

from deploy import lock
from deploy.site import Site


def run(site: Site) -> None:
    """Take the lock, and leave it taken."""
    lock.take(site, site.option("MESSAGE", "locked by hand"))
    site.console.say(f"{site.stack} is locked. To open it again: make deploy-unlock")
