"""List the hooks: programs in hooks/ that run before and after a step."""

from deploy import hooks
from deploy.site import Site


def run(site: Site) -> None:
    """Print which hooks there can be, and which there are."""
    site.console.table(
        [
            {"hook": f"{moment}-{step}", "": "there" if hooks.path(site, moment, step).is_file() else ""}
            for step in hooks.STEPS
            for moment in ("before", "after")
        ]
    )
