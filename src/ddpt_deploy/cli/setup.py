from ddpt_deploy.release import backing_services, bootstrap, git, new_secrets, pipeline, preflight
from ddpt_deploy.release.hooks import step
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, advertise_addr: str = "", move: bool = False, allow_dirty: bool = False) -> None:
    """Set up the site: swarm, secrets, all services and a release; safe to repeat.

    Args:
        advertise_addr: address of this node, for a new swarm
        move: the site gets another DOMAIN_NAME than its last release had
        allow_dirty: also build what is not committed
    """
    with site.console.step("swarm") as shown:
        shown.detail = bootstrap.bootstrap(site, advertise_addr)
    with lock.held(site, "setup") as site:
        new_secrets.complete(site)
        with step(site, "preflight"):
            preflight.check(site, setup=True, move=move, allow_dirty=allow_dirty)
        backing_services.apply_all(site)
        release = pipeline.run(site, git.version(site.project))
    site.console.say(f"Release {release.number} ({release.version}) is at {site.settings.url}")
