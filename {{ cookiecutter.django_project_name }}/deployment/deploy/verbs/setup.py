"""Make the site, from nothing to its first release; safe to repeat."""

from deploy import backing, database, delivery, ground, lock, preflight
from deploy.site import Site
from deploy.verbs import secrets


def run(site: Site) -> None:
    """Prepare the swarm, deploy PostgreSQL, Redis and Caddy, and the first release."""
    with site.console.step("swarm") as step:
        step.detail = ground.prepare(site)
    with lock.held(site, "setup"):
        secrets.complete(site)
        with site.console.step("preflight"):
            preflight.check(site, first=True)
        for name in ("postgres", "redis"):
            with site.console.step(name) as step:
                backing.deploy(site, name, step=step)
        with site.console.step("database") as step:
            database.open_to_django(site, step)
        with site.console.step("caddy") as step:
            backing.deploy(site, "caddy", step=step)
        delivery.deliver(site)
    site.console.say(f"The site is at {site.settings.url}")
