"""Removes a site: its services, or everything of it."""

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import lock, secrets, services, store
from ddpt_deploy.site.site import Site
from ddpt_deploy.waiting import wait_until

RECORDS = ("release", "file", "maintenance", "site")


def remove_services(site: Site) -> int:
    """Remove all services, and return how many there were. Data, secrets and releases stay."""
    found = services.ids(site)
    if found:
        site.docker.run("service", "rm", *found)
    return len(found)


def remove_everything_else(site: Site) -> None:
    """Remove data, secrets, releases and the network. Raises DeployError when something is still in use."""
    for kind in RECORDS:
        for record in store.ids(site, kind):
            store.remove(site, record)
    for secret in secrets.ids(site):
        site.docker.succeeds("secret", "rm", secret)
    # containers release volumes and networks only when they are gone
    left = wait_until(lambda: _remove_volumes_and_network(site), timeout=60, interval=1)
    if left:
        raise DeployError(f"Something still uses {left}.", hint="make stack-rm EVERYTHING=1 again, in a minute")


def _remove_volumes_and_network(site: Site) -> str:
    """Remove what can be removed, and return the names of what cannot."""
    lock.check(site)
    listed = site.docker.ids("volume", "ls", "--quiet", "--filter", f"name={site.stack}_")
    volumes = [name for name in listed if name.startswith(f"{site.stack}_")]
    left = [name for name in volumes if not site.docker.succeeds("volume", "rm", name)]
    if (
        not left
        and site.docker.inspect("network", site.stack)
        and not site.docker.succeeds("network", "rm", site.stack)
    ):
        left = [f"the network {site.stack}"]
    return ", ".join(left)
