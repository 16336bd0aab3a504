from ddpt_deploy.site import services
from ddpt_deploy.site.site import Site


def run(site: Site) -> None:
    """Print the key of the backups, to be kept outside of the server: without it no backup can be read."""
    site.console.say(services.run(site, "backups", "cat", "/run/secrets/RESTIC_PASSWORD"))
