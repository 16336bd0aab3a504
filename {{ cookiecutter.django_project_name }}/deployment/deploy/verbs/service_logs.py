"""Print the log of SERVICE (django), as far as SINCE (10m) and GREP say; FOLLOW=1 goes on."""

import re

from deploy import job
from deploy.commands import services
from deploy.errors import DeployError
from deploy.site import Site


def run(site: Site) -> None:
    """Print a service's log."""
    name = site.service(site.option("SERVICE", "django"))
    since = site.option("SINCE", "10m")
    try:
        pattern = re.compile(site.option("GREP"))
    except re.error as error:
        raise DeployError(f"GREP is no regular expression: {error}.", hint=r"GREP='\[' finds a bracket") from None
    tasks = job.tasks(site.engine, name)
    if not tasks:
        raise DeployError(f"There is no service {name}.", hint="make status")
    if site.flag("FOLLOW"):
        lines = site.engine.lines(services.logs(name, since=since, follow=True))
    else:
        # for each task, as in job.log
        logs = [site.engine.output(services.logs(task["ID"], since=since)) for task in tasks]
        lines = iter(sorted(line for log in logs for line in log.splitlines(keepends=True)))
    for line in lines:
        if pattern.search(line):
            print(line, end="", flush=True)
