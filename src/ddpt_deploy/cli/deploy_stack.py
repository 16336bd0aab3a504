import time
from dataclasses import replace

from ddpt_deploy.release import backing_services, pipeline, preflight
from ddpt_deploy.site import lock, releases, stacks
from ddpt_deploy.site.site import Site


def run(site: Site, stack: str = "django") -> None:
    """Apply one stack file and the settings as they are now; Django keeps its version.

    Args:
        stack: a file in stacks/, without its ending
    """
    found = stacks.get(site, stack)
    # A change of Caddy or Redis opens no database connection
    if found.is_application or stack == "postgres":
        preflight.check_sizes(site.settings)
    with lock.held(site, f"deploy-{stack}") as site:
        if found.is_application:
            current = releases.current(site)
            changed = releases.candidate(site, current.version, current.image, current.digest)
            changed = replace(changed, migrations=current.migrations, rollback_of=current.rollback_of)
            pipeline.activate(site, changed, time.monotonic())
            return
        releases.history_for_domain(site)
        with site.console.step(stack) as step:
            backing_services.apply(site, found, step=step)
