"""The command: ``python3 -m deploy VERB [NAME=value ...]``; ``make`` in this folder says it shorter."""

import importlib
import os
import pkgutil
import signal
import sys
from types import FrameType, ModuleType

from deploy import settings, verbs
from deploy.console import Console
from deploy.engine import Engine
from deploy.errors import DeployError, Interrupted
from deploy.site import SERVICES, Site


def verb(name: str) -> ModuleType:
    """Return the module of a verb. Raises DeployError."""
    known = [module.name for module in pkgutil.iter_modules(verbs.__path__)]
    if name.replace("-", "_") not in known:
        raise DeployError(f"There is no verb {name}.", hint="make help")
    return importlib.import_module(f"deploy.verbs.{name.replace('-', '_')}")


def stop(number: int, frame: FrameType | None) -> None:
    """Leave by way of all clean-ups: the lock, the release before. Further signals must not stop those."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(signal.Signals(number).name)


def main(arguments: list[str]) -> int:
    """Do what the arguments say, and return the exit status."""
    options = dict(os.environ)
    words = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if equals:
            options[name] = value
        elif argument == "--json":
            options["JSON"] = "1"
        else:
            words.append(argument)
    console = Console()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        console = Console(machine=settings.flag(options, "JSON"), assume_yes=settings.flag(options, "YES"))
        name = words[0] if words else "status"
        if name.startswith("deploy-") and name.removeprefix("deploy-") in SERVICES:
            name, options["STACK"] = "deploy-stack", name.removeprefix("deploy-")
        chosen = verb(name)
        values = settings.load(options.get("ENVIRONMENT") or "production", options)
        return chosen.run(Site(values, Engine(), console, options)) or 0
    except DeployError as error:
        console.error(error)
        return 1
    except Interrupted as signal_name:
        console.error(DeployError(f"Stopped by {signal_name}.", hint="the same command takes it up again"))
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
