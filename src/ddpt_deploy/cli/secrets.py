from ddpt_deploy.release import new_secrets
from ddpt_deploy.site import secrets
from ddpt_deploy.site.site import Site


def run(site: Site) -> None:
    """List the secrets; those that are missing are generated or asked for."""
    new_secrets.complete(site)
    stored = secrets.versions(site)
    rows = [
        {
            "secret": entry.name,
            "version": str(stored[entry.name][-1]) if entry.name in stored else "none",
            "for": ", ".join(entry.stacks),
            "about": entry.about,
        }
        for entry in secrets.catalogue(site)
    ]
    site.console.table(rows)
