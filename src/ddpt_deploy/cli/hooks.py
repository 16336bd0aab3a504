from ddpt_deploy.release import hooks
from ddpt_deploy.site.site import Site


def run(site: Site) -> None:
    """List the hooks: programs in hooks/ that run before and after a step."""
    moments = [(moment, step) for step in hooks.STEPS for moment in ("before", "after")]
    site.console.table(
        [{"hook": "-".join(moment), "": "exists" if hooks.path(site, *moment).is_file() else ""} for moment in moments]
    )
