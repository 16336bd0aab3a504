from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, message: str = "locked by hand") -> None:
    """Lock the site, so that nobody deploys.

    Args:
        message: why, for others who try to deploy
    """
    lock.acquire(site, message)
    site.console.say(f"{site.stack} is locked. To unlock it: make deploy-unlock")
