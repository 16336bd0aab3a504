"""Commands that look into containers, and run others in them."""

import math
import re
import shlex
import sys
from string import Template

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import job, migrations
from ddpt_deploy.site import releases, services, stacks
from ddpt_deploy.site.site import Site


def logs(
    site: Site, service: str = "django", since: str = "10m", grep: str = "", request: str = "", follow: bool = False
) -> int:
    """Print the log of a service or of the last migration job (SERVICE=migrate); where logs are kept, of past releases.

    service: django when left out
    since: how far back, such as 1h or 3d; 10m when left out
    grep: only lines in which this regular expression is found
    request: only lines of the request with this ID, of all services
    follow: go on with what is logged from now on
    """
    # a migration job has a log of its own
    if not follow and since != "0" and services.running(site, "logs"):
        search = ("python", "/search.py", since, "" if request else service, request, grep)
        return site.docker.attach("exec", services.container(site, "logs"), *search)
    if request:
        raise DeployError("REQUEST needs the service that keeps logs.", hint="make deploy-logs, or GREP=")
    try:
        pattern = re.compile(grep)
    except re.error as error:
        raise DeployError(f"GREP is not a regular expression: {error}.", hint=r"GREP='\[' finds a bracket") from None
    tasks = services.tasks(site, service)
    if not tasks:
        raise DeployError(f"There is no service {site.name(service)}.", hint="make status")
    # docker knows no days
    since = re.sub(r"^(\d+)d$", lambda days: f"{int(days[1]) * 24}h", since)
    command = ("service", "logs", "--timestamps", "--no-trunc", "--since", since)
    if follow:
        lines = site.docker.lines(*command, "--follow", site.name(service))
    else:
        # for each task, as in services.log
        printed = [site.docker.output(*command, task["ID"]) for task in tasks]
        lines = iter(sorted(line for log in printed for line in log.splitlines(keepends=True)))
    for line in lines:
        if pattern.search(line):
            print(line, end="", flush=True)
    return 0


def execute(site: Site, *words: str, service: str = "django", cmd: str = "") -> int:
    """Run a command in a running container: exec SERVICE=django -- python manage.py check.

    words: the command, after --; variables of the stack files such as ${DATABASE_NAME} are filled in
    service: django when left out
    cmd: more words of the command, quoted as in a shell
    """
    variables = stacks.variables(site, {})
    command = [Template(word).safe_substitute(variables) for word in words] + shlex.split(cmd)
    terminal = ["--tty"] if sys.stdin.isatty() else []
    container = services.container(site, service)
    return site.docker.attach("exec", "--interactive", *terminal, container, *(command or ["sh"]))


def manage_job(site: Site, cmd: str = "", memory: str = "") -> None:
    """Run a manage.py command in a container of its own, which takes no memory of the site and which no deploy ends.

    cmd: the command, quoted as in a shell
    memory: the limit of that container, such as 2G; that of a container of Django when left out
    """
    if job.running(site, "manage-job"):
        hint = f"wait, or to end it: docker service rm {site.name('manage-job')}"
        raise DeployError("Another command still runs.", hint=hint)
    command = ["python", "manage.py", *shlex.split(cmd)]
    task = migrations.django_job(site, releases.current(site), "manage-job", command, memory=memory)
    what_it_prints = "make service-logs SERVICE=manage-job FOLLOW=1"
    site.console.say(f"It goes on when the connection is lost. To see what it prints: {what_it_prints}")
    print(job.run(site, task, timeout=math.inf, keep=True), end="", flush=True)
