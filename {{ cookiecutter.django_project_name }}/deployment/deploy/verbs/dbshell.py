"""Open psql on the database of the site."""

import sys

from deploy import inside
from deploy.site import Site


def run(site: Site) -> int:
    """Run psql in PostgreSQL's container."""
    command = ["psql", "--username", "postgres", site.settings.database]
    return inside.run(site, "postgres", command, terminal=sys.stdin.isatty())
