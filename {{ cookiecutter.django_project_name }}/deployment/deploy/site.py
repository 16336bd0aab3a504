"""A site, as the verbs see it: its settings, the engine that it runs on, and the terminal."""

from dataclasses import dataclass, field
from pathlib import Path

from deploy import names
from deploy.console import Console
from deploy.engine import Engine
from deploy.errors import DeployError
from deploy.settings import FOLDER, Settings, flag

SERVICES = ("caddy", "django", "postgres", "redis")


@dataclass(frozen=True)
class Site:
    """Everything that a verb needs."""

    settings: Settings
    engine: Engine
    console: Console
    # what was given to the verb: VERSION=..., SERVICE=...
    options: dict[str, str] = field(default_factory=dict)
    folder: Path = FOLDER

    @property
    def stack(self) -> str:
        """Return the name that all services of the site begin with."""
        return self.settings.stack_name

    def service(self, name: str) -> str:
        """Return the full name of a service."""
        return names.service(self.stack, name)

    def option(self, name: str, default: str = "") -> str:
        """Return what was given to the verb under a name."""
        return self.options.get(name, default)

    def flag(self, name: str) -> bool:
        """Tell whether an option such as EVERYTHING=1 was given. Raises DeployError."""
        return flag(self.options, name)

    def required(self, name: str, example: str) -> str:
        """Return what was given to the verb under a name that it cannot do without."""
        if not self.options.get(name):
            raise DeployError(f"{name} is missing.", hint=example)
        return self.options[name]

    def file(self, name: str) -> Path:
        """Return the path of a file in this folder."""
        return self.folder / name
