"""Print the log of SERVICE (django), as far as SINCE (10m) and GREP say; FOLLOW=1 goes on."""

import re

from deploy.commands import services
from deploy.site import Site


def run(site: Site) -> int:
    """Print a service's log."""
    arguments = services.logs(
        site.service(site.option("SERVICE", "django")),
        since=site.option("SINCE", "10m"),
        follow=bool(site.option("FOLLOW")),
    )
    if not site.option("GREP"):
        return site.engine.attach(arguments)
    pattern = re.compile(site.option("GREP"))
    for line in site.engine.lines(arguments):
        if pattern.search(line):
            print(line, end="", flush=True)
    return 0
