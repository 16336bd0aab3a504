"""The client: it runs ``docker`` commands, and knows what their answers mean."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from ddpt_deploy.errors import DeployError, DockerError

Variables = Mapping[str, str] | None
Completed = subprocess.CompletedProcess[str]
# How many seconds docker may take, except where it builds, transfers or runs something.
LIMIT = 60
UNLIMITED = {"build", "push", "pull", "run", "exec", "logs"}
# How it says that no engine was reached; what only reads, or may be done twice, is tried again after these seconds.
UNREACHABLE = ("Cannot connect to the Docker daemon", "error during connect", "docker did not answer")
PAUSES = (1, 3)
REPEATABLE = {("info", "--format"), ("service", "scale"), ("stack", "deploy")}
# What to type when docker prints such an error.
HINTS = {
    **dict.fromkeys(UNREACHABLE, "start Docker, or set DOCKER_HOST=ssh://user@server"),
    "not a swarm manager": "make setup",
    "not part of a swarm": "make setup",
    "could not choose an IP address to advertise": "make setup ADVERTISE_ADDR=10.0.0.1, with an address of the server",
    "is not a docker command": "install Docker Compose: https://docs.docker.com/compose/install/",
    "unknown shorthand flag": "install Docker Compose: https://docs.docker.com/compose/install/",
}
# How docker says that something does not exist.
MISSING = ("no such", "not found")


def options(option: str, values: Mapping[str, str]) -> list[str]:
    """Return ``option name=value`` for each of the values."""
    return [word for name, value in values.items() for word in (option, f"{name}={value}")]


class Docker:
    """The Docker Engine that the ``docker`` command, or a program like it, talks to (``DOCKER_HOST``, contexts)."""

    def __init__(self, program: str = "docker"):
        self.program = program

    def run(self, *arguments: str, stdin: str | None = None, variables: Variables = None) -> str:
        """Run ``docker``, with ``variables`` in its environment, and return what it prints. Raises DockerError."""
        run = self._repeat if arguments[:2] in REPEATABLE else self.execute
        result = run(arguments, stdin, variables)
        if result.returncode:
            raise _failure(arguments, result)
        return result.stdout

    def remove(self, kind: str, name: str) -> bool:
        """Remove a config, an image, a service ..., and tell whether it could be: not where it is missing or in use."""
        return self.execute((kind, "rm", name)).returncode == 0

    def output(self, *arguments: str) -> str:
        """Run ``docker`` and return all it prints, errors included, whatever its exit status."""
        result = self._repeat(arguments)
        return result.stdout + result.stderr

    def ids(self, *arguments: str) -> list[str]:
        """Run a listing command and return the ids or names that it prints; none of what does not exist."""
        return self._query(arguments).split()

    def inspect(self, kind: str, *names: str) -> list[dict[str, Any]]:
        """Describe services, tasks, configs ...; what does not exist is left out."""
        if not names:
            return []
        command = ("inspect", "--type", "task") if kind == "task" else (kind, "inspect")
        return list(json.loads(self._query((*command, *names)) or "[]"))

    def info(self) -> dict[str, Any]:
        """Describe the engine. Raises DockerError when it does not answer."""
        return dict(json.loads(self.run("info", "--format", "json")))

    def attach(self, *arguments: str, output: BinaryIO | None = None) -> int:
        """Run ``docker`` on this terminal, or write what it prints into a file; return its exit status."""
        return subprocess.call(["docker", *arguments], stdout=output)

    def lines(self, *arguments: str) -> Iterator[str]:
        """Run ``docker`` and return the lines that it prints, errors included, one by one."""
        command = ["docker", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            yield from process.stdout or ()

    def execute(self, arguments: tuple[str, ...], stdin: str | None = None, variables: Variables = None) -> Completed:
        """Run ``docker`` to its end or its time limit. Tests replace this and ``attach``, and nothing else."""
        try:
            return subprocess.run(
                [self.program, *arguments],
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                env={**os.environ, **(variables or {})},
                capture_output=True,
                text=True,
                # Ctrl-C is for the tool alone: it would end docker before the tool can restore anything.
                start_new_session=True,
                timeout=None if UNLIMITED & {*arguments[:2]} else LIMIT,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(arguments, 1, "", f"docker did not answer within {LIMIT} s")
        except FileNotFoundError:
            hint = "install Docker: https://docs.docker.com/engine/install/"
            raise DeployError("There is no docker command.", hint=hint) from None

    def _query(self, arguments: tuple[str, ...]) -> str:
        """Return what ``docker`` prints of what exists. Raises DockerError when the engine could not be asked."""
        result = self._repeat(arguments)
        if result.returncode and not any(words in result.stderr.lower() for words in MISSING):
            raise _failure(arguments, result)
        return result.stdout

    def _repeat(self, arguments: tuple[str, ...], stdin: str | None = None, variables: Variables = None) -> Completed:
        """Run a command again where no engine was reached: one failed connection of hundreds must not end a deploy."""
        for pause in (*PAUSES, 0):
            result = self.execute(arguments, stdin, variables)
            if not any(words in result.stderr for words in UNREACHABLE):
                break
            time.sleep(pause)
        return result


def _failure(arguments: tuple[str, ...], result: Completed) -> DockerError:
    printed = result.stderr or result.stdout
    hint = next((hint for words, hint in HINTS.items() if words in printed), "")
    return DockerError(f"docker {' '.join(arguments[:3])} failed.", cause=printed, hint=hint)
