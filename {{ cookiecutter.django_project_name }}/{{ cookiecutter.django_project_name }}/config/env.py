"""Reads the variables that configure the project.

The value of ``NAME`` comes from the first of these that is there:

1. the environment variable ``NAME``
2. the file that the environment variable ``NAME_FILE`` names
3. the Docker secret ``/run/secrets/NAME``
4. the Docker config mounted at ``/NAME``

https://github.com/sloria/environs
"""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError

FOLDERS = (Path("/run/secrets"), Path("/"))


class SettingsEnv(Env):
    """An ``Env`` that also reads files, and reports all that is wrong at once."""

    def __init__(self) -> None:
        """Collect errors instead of raising the first one."""
        super().__init__(eager=False)
        self.errors: dict[str, list[Any]] = {}

    def check(self) -> None:
        """Judge what was read; call it as the last line of a settings module.

        Raises:
            ImproperlyConfigured: it names every variable that is missing or
                malformed, and repeats no value.
        """
        try:
            self.seal()
        except EnvValidationError as error:
            self.errors.update(error.error_messages)  # type: ignore[arg-type]
        if self.errors:
            # Django imports settings that failed a second time to show the error: let them be read again.
            super().__init__(eager=False)
            lines = [f"  {name}: {' '.join(map(str, self.errors[name]))}" for name in sorted(self.errors)]
            raise ImproperlyConfigured(
                "These variables are missing or malformed:\n\n"
                + "\n".join(lines)
                + "\n\nSet each as an environment variable (NAME=value), as a file (NAME_FILE=/path/to/file) "
                "or as a Docker secret called NAME. The table in README.md tells what each one is for."
            )

    def _get_value(self, env_key: str, default: Any) -> Any:
        """Return the text of a variable. This is the method that environs' own ``FileAwareEnv`` overrides."""
        if env_key in os.environ:
            return os.environ[env_key]
        named = os.environ.get(f"{env_key}_FILE")
        paths = [Path(named)] if named else [path for folder in FOLDERS if (path := folder / env_key).is_file()]
        if not paths:
            return default
        try:
            return paths[0].read_text().strip()
        except OSError as error:
            self.errors[env_key] = [f"The file {paths[0]} cannot be read: {error.strerror}."]
            return default


env = SettingsEnv()
