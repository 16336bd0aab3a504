"""Removes what nothing needs any more: images, configs and secrets of releases that are too old to roll back to."""

from ddpt_deploy.docker.labels import labels
from ddpt_deploy.site import releases, secrets, store
from ddpt_deploy.site.site import Site


def prune(site: Site) -> str:
    """Keep the current release and KEEP_RELEASES before it; return what was removed. What is in use always stays."""
    recorded = releases.history(site)
    kept = releases.releases_to_keep(recorded, site.settings.keep_releases + 1)
    old = [release for release in recorded if release not in kept]
    removed = {
        "releases": sum(store.remove(site, site.name(f"release_{release.number}")) for release in old),
        "images": _images(site, {one.image for one in kept}, {one.digest for one in kept}) if kept else 0,
        "files": sum(store.remove(site, each) for each in store.ids(site, "file")),
        "secrets": _secrets(site),
    }
    return ", ".join(f"{count} {what}" for what, count in removed.items() if count)


def _images(site: Site, references: set[str], digests: set[str]) -> int:
    removed = 0
    for found in site.docker.inspect("image", *site.docker.labelled("image", labels(site.stack, "image"))):
        known = [*(found.get("RepoTags") or []), *(found.get("RepoDigests") or [])]
        if found["Id"] in digests or references & set(known):
            continue
        removed += sum(site.docker.succeeds("image", "rm", name) for name in known or [found["Id"]])
    return removed


def _secrets(site: Site) -> int:
    # the newest counts, and the one before it may still be needed: as a fallback, or to change a password
    old = [
        secrets.full_name(site, name, version)
        for name, versions in secrets.versions(site).items()
        for version in versions[:-2]
    ]
    return sum(site.docker.succeeds("secret", "rm", name) for name in old)
