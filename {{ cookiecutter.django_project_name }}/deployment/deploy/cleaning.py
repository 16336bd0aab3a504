"""Removes what nothing needs any more: images, configs and secrets of releases that are too old to go back to."""

from deploy import names, release, secret
from deploy.commands import configs, images, secrets
from deploy.site import Site


def prune(site: Site) -> str:
    """Keep the current release and KEEP_RELEASES before it; return what was removed. What is in use always stays."""
    releases = release.history(site)
    kept = release.worth_keeping(releases, site.settings.keep_releases + 1)
    removed = {
        "releases": sum(
            site.engine.succeeds(configs.remove(f"{site.stack}_release_{entry.number}"))
            for entry in releases
            if entry not in kept
        ),
        "images": _images(site, {entry.image for entry in kept}, {entry.digest for entry in kept}) if kept else 0,
        "files": _files(site),
        "secrets": _secrets(site),
    }
    return ", ".join(f"{count} {what}" for what, count in removed.items() if count)


def _images(site: Site, references: set[str], digests: set[str]) -> int:
    ids = site.engine.words(images.ids(names.labels(site.stack, "image")))
    removed = 0
    for found in site.engine.inspect(images.inspect(*ids)) if ids else []:
        if found["Id"] in digests:
            continue
        known = [*(found.get("RepoTags") or []), *(found.get("RepoDigests") or [])]
        if references & set(known):
            continue
        for name in known or [found["Id"]]:
            removed += site.engine.succeeds(images.remove(name))
    return removed


def _files(site: Site) -> int:
    ids = site.engine.words(configs.ids(names.labels(site.stack, "file")))
    return sum(site.engine.succeeds(configs.remove(each)) for each in ids)


def _secrets(site: Site) -> int:
    removed = 0
    for name, versions in secret.versions(site).items():
        # the newest counts, and the one before it may still be needed: as a fallback, or to change a password
        for version in versions[:-2]:
            removed += site.engine.succeeds(secrets.remove(secret.full_name(site, name, version)))
    return removed
