from ddpt_deploy.release import caddy
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, off: bool = False) -> None:
    """Answer all requests with the page caddy/maintenance.html and status 503; Django may be down meanwhile.

    Args:
        off: no longer
    """
    what = f"maintenance {'off' if off else 'on'}"
    with lock.held(site, what) as site, site.console.step(what):
        caddy.set_maintenance(site, not off)
