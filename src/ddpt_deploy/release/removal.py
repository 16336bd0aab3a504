"""Removes what nothing needs any more, the services of a site, or everything of it."""

import json

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import job
from ddpt_deploy.site import lock, releases, secrets, services, stacks, store
from ddpt_deploy.site.site import Site


def prune(site: Site) -> str:
    """Keep the current release and KEEP_RELEASES before it; return what was removed. What is in use always stays."""
    recorded = releases.history(site)
    kept = releases.releases_to_keep(recorded, site.settings.keep_releases + 1)
    old = [release for release in recorded if release not in kept]
    # the newest counts, and the one before it may still be needed: as a fallback, or to change a password
    old_secrets = [(name, version) for name, versions in secrets.versions(site).items() for version in versions[:-2]]
    removed = {
        "releases": sum(site.docker.remove("config", site.name(f"release_{one.number}")) for one in old),
        "images": _prune_images(site, kept, old) if kept else 0,
        "files": sum(site.docker.remove("config", each) for each in site.labelled("config", "file")),
        "secrets": sum(site.docker.remove("secret", secrets.full_name(site, *each)) for each in old_secrets),
    }
    return ", ".join(f"{count} {what}" for what, count in removed.items() if count)


def _prune_images(site: Site, kept: list[releases.Release], old: list[releases.Release]) -> int:
    """Remove images from every node, and return how many. The site runs without that: a failure is a warning."""
    references = {*stacks.own_images(site).values(), *(release.image for release in kept)}
    # built elsewhere, they have no label of this site
    pulled = {release.image for release in old if "@sha256:" in release.image} - references
    kept_names = " ".join({*references, *(release.digest for release in kept)})
    prune_images = job.Job(
        name="prune-images",
        image=kept[-1].image,
        command=("python", "/prune_images.py", json.dumps(site.labels("image")), kept_names, " ".join(pulled)),
        on_every_node=True,
        user="0",
        engine=True,
        configs={"/prune_images.py": store.file(site, (site.folder / "jobs/prune_images.py").read_text())},
    )
    try:
        return sum(map(int, job.run(site, prune_images, timeout=120).split()))
    except DeployError as error:
        site.console.warn(f"Old images could not be removed (make prune): {error}")
        return 0


def remove_services(site: Site) -> int:
    """Remove all services, jobs included, and return how many there were. Data, secrets and releases stay."""
    named = ("--quiet", "--filter", f"label={services.NAMESPACE}={site.stack}")
    if found := [site.name(name) for name in services.names(site)]:
        site.docker.run("service", "rm", *found)
    # PostgreSQL writes all to disk before it ends, and nothing else may start on its volume meanwhile
    if left := site.console.wait_until(lambda: ", ".join(site.docker.ids("ps", *named)), timeout=120):
        raise DeployError(f"Containers of {site.stack} still run: {left}.", hint="docker ps, then make stack-rm again")
    return len(found)


def remove_everything_else(site: Site) -> None:
    """Remove data, secrets, releases and the network. Raises DeployError when something is still in use."""
    for kind in ("secret", "release", "file", "maintenance", "site", "applied"):
        objects = "secret" if kind == "secret" else "config"
        for each in site.labelled(objects, kind):
            site.docker.remove(objects, each)
    # containers release volumes and networks only when they are gone
    if left := site.console.wait_until(lambda: _remove_volumes_and_network(site), timeout=60, interval=1):
        raise DeployError(f"Something still uses {left}.", hint="make stack-rm EVERYTHING=1 again, in a minute")


def _remove_volumes_and_network(site: Site) -> str:
    """Remove what can be removed, and return the names of what cannot."""
    lock.check(site)
    listed = site.docker.ids("volume", "ls", "--quiet", "--filter", f"name={site.stack}_")
    volumes = [name for name in listed if name.startswith(f"{site.stack}_")]
    if left := [name for name in volumes if not site.docker.remove("volume", name)]:
        return ", ".join(left)
    gone = not site.docker.inspect("network", site.stack) or site.docker.remove("network", site.stack)
    return "" if gone else f"the network {site.stack}"
