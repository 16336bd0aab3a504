"""The only file that starts processes: it runs what ``commands/`` builds."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.errors import DeployError, EngineError

# What to type when docker says such a thing.
HINTS = {
    "Cannot connect to the Docker daemon": "start Docker, or set DOCKER_HOST=ssh://user@server",
    "error during connect": "start Docker, or set DOCKER_HOST=ssh://user@server",
    "not a swarm manager": "make setup",
    "not part of a swarm": "make setup",
    "could not choose an IP address to advertise": "make setup ADVERTISE_ADDR=10.0.0.1, with an address of the server",
}
# How docker says that something is not there.
MISSING = ("no such", "not found")


class Engine:
    """The Docker Engine that the ``docker`` command talks to (``DOCKER_HOST``, contexts)."""

    def run(
        self,
        arguments: Sequence[str],
        *,
        stdin: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Run ``docker`` with the arguments and return what it prints.

        ``variables`` are added to its environment: ``${...}`` in stack files.
        Raises EngineError with what docker said.
        """
        result = self._process(arguments, stdin, variables)
        if result.returncode:
            raise _failure(arguments, result)
        return result.stdout

    def succeeds(self, arguments: Sequence[str]) -> bool:
        """Run ``docker`` and tell whether it ended well."""
        return self._process(arguments, None, None).returncode == 0

    def words(self, arguments: Sequence[str]) -> list[str]:
        """Run ``docker`` and return the words that it prints: ids, names."""
        return self.run(arguments).split()

    def words_if_there(self, arguments: Sequence[str]) -> list[str]:
        """Run ``docker`` and return the words that it prints; none when what it was asked about is not there."""
        return self._ask(arguments).split()

    def inspect(self, arguments: Sequence[str]) -> list[dict[str, Any]]:
        """Run an inspecting command and return its objects; an object that is not there is left out."""
        return json.loads(self._ask(arguments) or "[]")

    def output(self, arguments: Sequence[str]) -> str:
        """Run ``docker`` and return all it prints, errors included, whatever its exit status."""
        result = self._process(arguments, None, None)
        return result.stdout + result.stderr

    def info(self) -> dict[str, Any]:
        """Describe the engine; ``ServerErrors`` tells why it does not answer."""
        return json.loads(self._process(["info", "--format", "json"], None, None).stdout or "{}")

    def attach(self, arguments: Sequence[str]) -> int:
        """Run ``docker`` on this terminal and return its exit status."""
        return subprocess.call(["docker", *arguments])

    def lines(self, arguments: Sequence[str]) -> Iterator[str]:
        """Run ``docker`` and return the lines that it prints, errors included, one by one."""
        with subprocess.Popen(
            ["docker", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            yield from process.stdout or ()

    def _ask(self, arguments: Sequence[str]) -> str:
        """Return what ``docker`` prints of what is there. That it could not be asked is another answer: EngineError."""
        result = self._process(arguments, None, None)
        if result.returncode and not any(words in result.stderr.lower() for words in MISSING):
            raise _failure(arguments, result)
        return result.stdout

    def _process(
        self, arguments: Sequence[str], stdin: str | None, variables: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["docker", *arguments],
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                env={**os.environ, **(variables or {})},
                capture_output=True,
                text=True,
                # Ctrl-C is ours alone, and so is the terminal: docker would be stopped before it can be put right
                start_new_session=True,
            )
        except FileNotFoundError:
            raise DeployError(
                "There is no docker command here.",
                hint="install Docker: https://docs.docker.com/engine/install/",
            ) from None


def _failure(arguments: Sequence[str], result: subprocess.CompletedProcess[str]) -> EngineError:
    said = result.stderr or result.stdout
    hint = next((hint for words, hint in HINTS.items() if words in said), "")
    return EngineError(f"docker {' '.join(arguments[:3])} failed.", cause=said, hint=hint)
