import shlex
import sys
from string import Template

from ddpt_deploy.site import services, stacks
from ddpt_deploy.site.site import Site


def run(site: Site, *words: str, service: str = "django", cmd: str = "") -> int:
    """Run a command in a running container: exec SERVICE=django -- python manage.py check.

    Args:
        words: the command, after --; variables of the stack files such as ${DATABASE_NAME} are filled in
        service: django when left out
        cmd: more words of the command, quoted as in a shell
    """
    variables = stacks.variables(site, {})
    command = [Template(word).safe_substitute(variables) for word in words] + shlex.split(cmd)
    terminal = ["--tty"] if sys.stdin.isatty() else []
    container = services.container(site, service)
    return site.docker.attach("exec", "--interactive", *terminal, container, *(command or ["sh"]))
