"""Reads the variables that configure the project.

The value of ``NAME`` is the first of these that exists and is not empty:

1. the environment variable ``NAME``
2. the file whose path is in the environment variable ``NAME_FILE``
3. the Docker secret ``/run/secrets/NAME``
4. the Docker config mounted at ``/NAME``

https://github.com/sloria/environs
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError

# Where Docker mounts secrets and configs
FOLDERS = (Path("/run/secrets"), Path("/"))


class SettingsEnv(Env):
    """An ``Env`` that also reads files, and reports all errors at once."""

    def __init__(self) -> None:
        """Collect errors instead of raising the first one."""
        super().__init__(eager=False)
        self.unreadable: dict[str, str] = {}
        self.invalid: dict[str, str] = {}

    def parse[T, D](self, name: str, parser: Callable[[str], T], default: D = ...) -> T | D:  # type: ignore[assignment]
        """Return the parsed value of a variable.

        Args:
            name: the variable.
            parser: raises ``ValueError`` with a sentence that says what the value must be.
            default: value if the variable is not set; without it, the variable is required.
        """
        text = self.str(name, **({} if default is ... else {"default": None}))
        if text is not None:
            try:
                return parser(text)
            except ValueError as error:
                self.invalid[name] = str(error)
        # check() raises if it is required.
        return None if default is ... else default  # type: ignore[return-value]

    def check(self) -> None:
        """Raise an error if a variable was missing or invalid; call it at the end of a settings module.

        Raises:
            ImproperlyConfigured: names each missing or invalid variable, without its value.
        """
        errors: dict[str, str] = {}
        try:
            self.seal()
        except EnvValidationError as error:
            for name, messages in error.error_messages.items():  # type: ignore[union-attr]
                errors[name] = " ".join(map(str, messages)).replace("Environment variable not set.", "It is required.")
        errors |= self.invalid | self.unreadable
        # Django may import the settings again after an error.
        self.__init__()  # type: ignore[misc]
        if errors:
            raise ImproperlyConfigured(
                "These variables are missing or invalid:\n\n"
                + "\n".join(f"  {name}: {errors[name]}" for name in sorted(errors))
                + "\n\n→ Set each as an environment variable (NAME=value), as a file (NAME_FILE=/path/to/file) "
                "or as a Docker secret named NAME. README.md has an example of each."
            )

    def _get_value(self, env_key: str, default: Any) -> Any:
        """Return the text of a variable; ``environs.FileAwareEnv`` overrides the same method."""
        if value := os.environ.get(env_key, "").strip():
            return value
        named = os.environ.get(f"{env_key}_FILE", "").strip()
        for path in [Path(named)] if named else [folder / env_key for folder in FOLDERS]:
            try:
                if (named or path.is_file()) and (value := path.read_text().strip()):
                    return value
            except (OSError, UnicodeDecodeError):
                self.unreadable[env_key] = f"The file {path} cannot be read as text."
        return default


env = SettingsEnv()
