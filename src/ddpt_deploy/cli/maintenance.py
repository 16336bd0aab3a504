from contextlib import nullcontext

from ddpt_deploy.release import caddy
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, off: bool = False) -> None:
    """Answer all requests with the page caddy/maintenance.html and status 503; Django may be down meanwhile.

    Args:
        off: no longer
    """
    what = f"maintenance {'off' if off else 'on'}"
    # Behind `make deploy-lock` is no command that this could interfere with.
    locked = nullcontext(site) if lock.is_manual(lock.held_by(site)) else lock.held(site, what)
    with locked as site, site.console.step(what):
        caddy.set_maintenance(site, not off)
