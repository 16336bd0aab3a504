"""The command line: ``python3 -m ddpt_deploy COMMAND [--option value | NAME=value ...]``.

``NAME=value`` is how make says it: the option ``--name``, or a setting for this command only. Nothing else counts but
variables of the shell that begin with ``DDPT_``. The docstring of a command is its help, with a line for each option.
"""

import getpass
import inspect
import os
import re
import runpy
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from ddpt_deploy import __version__
from ddpt_deploy.cli import backups, containers, operations, releases
from ddpt_deploy.cli.status import status
from ddpt_deploy.console import Console
from ddpt_deploy.docker import Docker
from ddpt_deploy.errors import DeployError, Interrupted
from ddpt_deploy.site import settings
from ddpt_deploy.site.site import Site
from ddpt_deploy.site.values import boolean

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LEFT_BEHIND = """
Stopped without cleaning up. The lock may be left, and a release that was being rolled out is not rolled back.
→ make status, then make deploy-unlock, then make deploy or make rollback
"""
COMMANDS: dict[str, Callable[..., int | None]] = {
    "setup": releases.setup,
    "status": status,
    "audit": operations.list_audit,
    "logs": containers.logs,
    "secrets": operations.list_secrets,
    "rotate-secret": operations.rotate_secret,
    "maintenance": operations.maintenance,
    "scale": operations.scale,
    "stack-rm": operations.stack_rm,
    "deploy": releases.deploy,
    "rollback": releases.rollback,
    "releases": releases.list_releases,
    "build": releases.build,
    "migrate": releases.migrate,
    "prune": releases.prune,
    "lock": releases.acquire_lock,
    "unlock": releases.release_lock,
    "hooks": releases.list_hooks,
    "backup": backups.backup,
    "backups": backups.list_backups,
    "backup-download": backups.backup_download,
    "restore": backups.restore,
    "restore-drill": backups.restore_drill,
    "reindex": operations.reindex,
    "deploy-stack": releases.deploy_stack,
    "exec": containers.execute,
    "manage-job": containers.manage_job,
}
# Those that are seldom needed are programs of the project, each with a function ``command``.
PROGRAMS = {"export": "export/write.py", "upgrade-postgres": "postgres/upgrade.py"}
EPILOG = "Options can be written as make has them, NAME=value; any other NAME is a setting, for this command only."


def commands(folder: Path) -> dict[str, Callable[..., int | None]]:
    """Return all commands, with those that are programs in the folder ``deployment/`` of a project."""
    found = {name: folder / path for name, path in PROGRAMS.items()}
    return COMMANDS | {name: runpy.run_path(str(path))["command"] for name, path in found.items() if path.is_file()}


def build_parser() -> ArgumentParser:
    """Return the parser of all commands."""
    common = ArgumentParser(add_help=False)
    _add_option(common, "environment", str, "", "production when left out, or another that has a file: staging")
    _add_option(common, "user", str, "", "who it is, for the lock and the releases")
    _add_option(common, "yes", bool, False, "answer all questions with yes")
    _add_option(common, "json", bool, False, "print one JSON object a line")
    parser = ArgumentParser(prog="ddpt_deploy", description="Deploys a Django project to Docker Swarm.", epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    chosen = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for name, run in commands(Path.cwd()).items():
        text, _, described = (inspect.getdoc(run) or "").partition("\n\n")
        command = chosen.add_parser(
            name, help=text.rstrip("."), description=text, epilog=EPILOG, parents=[common], allow_abbrev=False
        )
        help_of = dict(re.findall(r"^ *(\w+): (.*)$", described, re.MULTILINE))
        for option in list(inspect.signature(run).parameters.values())[1:]:
            kind = "words" if option.kind == option.VAR_POSITIONAL else option.annotation
            _add_option(command, option.name, kind, option.default, help_of[option.name])
    return parser


def parse(words: Sequence[str]) -> tuple[Namespace, dict[str, str]]:
    """Return the arguments of a command, and the settings that were typed with it."""
    parser = build_parser()
    known = vars(parser.parse_args(words[:1] or ["--help"]))
    end = list(words).index("--") if "--" in words else len(words)
    options, typed = list(words[:1]), {}
    for word in words[1:end]:
        name, equals, value = word.partition("=")
        if not equals or word.startswith("-"):
            options.append(word)
        elif name.isupper() and name.lower() in known:
            options.append(f"--{name.lower().replace('_', '-')}={value}")
        else:
            typed[name] = value
    return parser.parse_args([*options, *words[end:]]), typed


def choose_environment(command: str, typed: str, shell: Mapping[str, str], folder: Path) -> str:
    """Return the environment to work on: what is typed, or DDPT_ENVIRONMENT, or production.

    Raises DeployError when an ENVIRONMENT of the shell, which does not count, names another one.
    """
    name = typed or shell.get(f"{settings.PREFIX}ENVIRONMENT") or "production"
    ignored = shell.get("ENVIRONMENT", name)
    if not typed and ignored != name and ignored in settings.environments(folder):
        problem = f"The variable ENVIRONMENT={ignored} of the shell does not count, so this would be {name}."
        hint = f"make {command} ENVIRONMENT={ignored}, or export {settings.PREFIX}ENVIRONMENT={ignored}"
        raise DeployError(problem, hint=hint)
    return name


def stop(number: int, frame: FrameType | None) -> None:
    """End by way of all clean-ups: the lock, the release before. Of further signals only Ctrl-C stops those."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    signal.signal(signal.SIGINT, abandon)
    raise Interrupted(signal.Signals(number).name)


def abandon(number: int, frame: FrameType | None) -> NoReturn:
    """End at once, as the engine may not answer any more, and say what may be left behind."""
    os.write(sys.stderr.fileno(), LEFT_BEHIND.encode())
    os._exit(130)


def main(words: Sequence[str], docker: Docker | None = None) -> int:
    """Run the command that the words name, and return the exit status."""
    arguments, typed = parse(words)
    options = vars(arguments)
    command, environment, user = options.pop("command"), options.pop("environment"), options.pop("user")
    console = Console(as_json=options.pop("json"), assume_yes=options.pop("yes"))
    for number in SIGNALS:
        signal.signal(number, stop)
    folder = Path.cwd()
    try:
        environment = choose_environment(command, environment, os.environ, folder)
        found = settings.load(environment, folder, shell=os.environ, typed=typed)
        user = user or os.environ.get(f"{settings.PREFIX}USER", "")
        # a container may know no name for its user
        with suppress(KeyError, OSError):
            user = user or getpass.getuser()
        site = Site(found, docker or Docker(), console, folder, user or "somebody")
        return commands(folder)[command](site, *options.pop("words", ()), **options) or 0
    except DeployError as error:
        console.error(error)
        return 1
    except Interrupted as signal_name:
        console.error(DeployError(f"Stopped by {signal_name}.", hint="the same command continues"))
        return 130


def _add_option(parser: ArgumentParser, name: str, kind: Any, default: Any, text: str) -> None:
    option = f"--{name.replace('_', '-')}"
    if kind == "words":
        parser.add_argument(name, nargs="*", metavar="WORD", help=text)
    elif kind is bool:
        parser.add_argument(option, nargs="?", const=True, default=False, type=boolean, metavar="yes", help=text)
    else:
        parser.add_argument(option, default=default, metavar="VALUE", help=text)
