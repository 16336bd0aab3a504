"""The image of the backups: PostgreSQL's tools and restic, built from ``backups/``."""

import hashlib

from ddpt_deploy.site.site import Site


def reference(site: Site) -> str:
    """Return the name of the image, which follows from what it is built from."""
    files = [*sorted((site.folder / "backups").glob("*")), site.folder / "stacks/postgres.yml"]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files if file.is_file()))
    return f"{site.settings.image}-backups:{digest.hexdigest()[:12]}"
