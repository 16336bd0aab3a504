"""Reads the variables that configure the project.

The value of ``NAME`` is the first of these that exists and is not empty:

1. the environment variable ``NAME``
2. the file whose path is in the environment variable ``NAME_FILE``
3. the Docker secret ``/run/secrets/NAME``
4. the Docker config mounted at ``/NAME``
"""

import os
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from . import parsers

# Where Docker mounts secrets and configs
FOLDERS = (Path("/run/secrets"), Path("/"))


class Env:
    """Reads variables, and reports all errors at once."""

    def __init__(self) -> None:
        """Start without errors."""
        self.errors: dict[str, str] = {}

    def parse[T, D](self, name: str, parser: Callable[[str], T], default: D = ...) -> T | D:  # type: ignore[assignment]
        """Return the parsed value of a variable.

        Args:
            name: the variable.
            parser: raises ``ValueError`` with a sentence that says what the value must be.
            default: value if the variable is not set; without it, the variable is required.
        """
        text = self.read(name)
        if text:
            try:
                return parser(text)
            except ValueError as error:
                self.errors[name] = str(error)
        elif default is ...:
            self.errors.setdefault(name, "It is required.")
        # check() raises if there was an error.
        return None if default is ... else default  # type: ignore[return-value]

    def read(self, name: str) -> str:
        """Return the text of a variable, or an empty text."""
        if value := os.environ.get(name, "").strip():
            return value
        named = os.environ.get(f"{name}_FILE", "").strip()
        for path in [Path(named)] if named else [folder / name for folder in FOLDERS]:
            try:
                if (named or path.is_file()) and (value := path.read_text().strip()):
                    return value
            except (OSError, UnicodeDecodeError):
                self.errors[name] = f"The file {path} cannot be read as text."
        return ""

    def check(self) -> None:
        """Raise an error if a variable was missing or invalid; call it at the end of a settings module.

        Raises:
            ImproperlyConfigured: names each missing or invalid variable, without its value.
        """
        # Django may import the settings again after an error.
        errors, self.errors = self.errors, {}
        if errors:
            raise ImproperlyConfigured(
                "These variables are missing or invalid:\n\n"
                + "\n".join(f"  {name}: {errors[name]}" for name in sorted(errors))
                + "\n\n→ Set each as an environment variable (NAME=value), as a file (NAME_FILE=/path/to/file) "
                "or as a Docker secret named NAME. README.md has an example of each."
            )

    def path[D](self, name: str, default: D) -> Path | D:
        """Return the path in a variable."""
        return self.parse(name, Path, default)

    def bool(self, name: str, default: bool) -> bool:
        """Return whether a variable is true."""
        return self.parse(name, parsers.boolean, default)

    def str[D](self, name: str, default: D) -> str | D:
        """Return the text of a variable."""
        return self.parse(name, str, default)


env = Env()
