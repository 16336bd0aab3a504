import re

from ddpt_deploy.docker.services import logs
from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import services
from ddpt_deploy.site.site import Site


def run(site: Site, service: str = "django", since: str = "10m", grep: str = "", follow: bool = False) -> None:
    """Print the log of a service, or of the last migration job (SERVICE=migrate).

    Args:
        service: django when left out
        since: how far back, such as 1h; 10m when left out
        grep: only lines in which this regular expression is found
        follow: go on with what is logged from now on
    """
    try:
        pattern = re.compile(grep)
    except re.error as error:
        raise DeployError(f"GREP is not a regular expression: {error}.", hint=r"GREP='\[' finds a bracket") from None
    tasks = services.tasks(site, service)
    if not tasks:
        raise DeployError(f"There is no service {site.name(service)}.", hint="make status")
    if follow:
        lines = site.docker.lines(*logs(site.name(service), since=since, follow=True))
    else:
        # for each task, as in services.log
        printed = [site.docker.output(*logs(task["ID"], since=since)) for task in tasks]
        lines = iter(sorted(line for log in printed for line in log.splitlines(keepends=True)))
    for line in lines:
        if pattern.search(line):
            print(line, end="", flush=True)
