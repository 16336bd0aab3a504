from ddpt_deploy.release import prune
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site) -> None:
    """Remove releases, images, configs and secrets that nothing needs any more, as each deploy does at its end."""
    with lock.held(site, "prune") as site, site.console.step("prune") as step:
        step.detail = prune.prune(site) or "nothing to remove"
