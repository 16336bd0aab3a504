"""The disk of the engine."""

from ddpt_deploy.site import stacks
from ddpt_deploy.site.site import Site


def free(site: Site) -> tuple[float, str]:
    """Return the free gigabytes where the engine keeps images and containers, and the share that is used (``42%``)."""
    reference = stacks.get(site, "caddy").images[0]
    printed = site.docker.run("run", "--rm", "--network", "none", "--entrypoint", "df", reference, "-Pk", "/")
    columns = printed.splitlines()[-1].split()
    return int(columns[3]) / 1024**2, columns[4]
