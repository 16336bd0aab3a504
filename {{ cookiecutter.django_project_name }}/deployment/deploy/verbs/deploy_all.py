"""Bring all services to what their files say, and the working copy to the site."""

from deploy import backing, database, delivery, lock, preflight
from deploy.site import Site


def run(site: Site) -> None:
    """Deploy PostgreSQL, Redis and Caddy where they changed, then a release."""
    with lock.held(site, "deploy-all"):
        with delivery.step(site, "preflight"):
            preflight.check(site, move=True)
        for name in ("postgres", "redis", "caddy"):
            with site.console.step(name) as step:
                backing.deploy(site, name, step=step)
        with site.console.step("database") as step:
            database.open_to_django(site, step)
        delivery.deliver(site)
