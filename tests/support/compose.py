"""A baked project under test, and the ways in which a test talks to it."""

import contextlib
import http.client
import http.cookiejar
import os
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pexpect

from support.processes import free_port, run, until

PACKAGE = "awesome_project"

# Who owns the project, and so its files made in containers: neither root nor the image's default user. 33 is a user that
# Debian's image has already.
OWNERS = {"alpine": 4321, "slim": 33}

# What users log in with
LOGINS = {"alpine": "username", "slim": "email"}


def give(folder: Path, uid: int) -> None:
    """Give a folder and all that is in it to another user."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, uid, follow_symlinks=False)


def copy(folder: Path, to: Path) -> Path:
    """Copy a project with its owner."""
    shutil.copytree(folder, to, symlinks=True)
    give(to, folder.stat().st_uid)
    return to


def until_seen(file: Path, true: Callable[[], bool]) -> None:
    """Wait for the effect of a change of the code.

    The file is saved again now and then: a reloader misses what changes in the moment in which it starts.
    """
    for seconds in (3, 6, 12, 24):
        with contextlib.suppress(AssertionError):
            until(true, seconds)
            return
        file.touch()
    until(true, 48)


@dataclass
class Project:
    """A project in ``folder``, with a Compose project name and ports of its own."""

    folder: Path
    name: str = field(default_factory=lambda: f"ddpt-{uuid4().hex[:8]}")
    django_port: int = field(default_factory=free_port)
    mailpit_port: int = field(default_factory=free_port)

    @property
    def environment(self) -> dict[str, str]:
        """The environment that its commands run in."""
        kept = {name: value for name, value in os.environ.items() if name not in ("YES", "WHERE", "VIRTUAL_ENV")}
        return kept | {
            "COMPOSE_PROJECT_NAME": self.name,
            "DJANGO_PORT": str(self.django_port),
            "MAILPIT_PORT": str(self.mailpit_port),
            "TERM": "dumb",
        }

    def run(self, *command: str, check: bool = True, timeout: float = 300, **environment: str) -> str:
        """Run a command in the project folder, without a terminal, and return what it prints.

        Fails with the output if the command does, unless ``check`` is False; then the last line is the exit status.
        """
        status, printed = run(*command, cwd=self.folder, env=self.environment | environment, timeout=timeout)
        if check:
            assert status == 0, f"{' '.join(command)} ended with {status}:\n{printed}"
            return printed
        return f"{printed}{status}"

    def make(self, *arguments: str, check: bool = True, timeout: float = 300, **environment: str) -> str:
        """Run ``make``, as ``run`` does."""
        return self.run("make", *arguments, check=check, timeout=timeout, **environment)

    def compose(self, *arguments: str) -> str:
        """Run ``docker compose`` for the project, not by its own scripts."""
        return self.run("docker", "compose", *arguments)

    def inside(self, *command: str, user: str = "django") -> str:
        """Run a command in the django container."""
        return self.compose("exec", "--no-TTY", "--user", user, "django", *command)

    @contextlib.contextmanager
    def terminal(self, *arguments: str, **environment: str) -> Iterator[pexpect.spawn]:
        """Run ``make`` on a pseudo-terminal."""
        child = pexpect.spawn(
            "make",
            list(arguments),
            cwd=str(self.folder),
            env=self.environment | environment,
            encoding="utf-8",
            timeout=120,
            dimensions=(40, 200),
        )
        try:
            yield child
        finally:
            child.close(force=True)

    @property
    def site(self) -> "Browser":
        """A browser at the site, without cookies."""
        return Browser(f"http://localhost:{self.django_port}")

    def running(self) -> list[str]:
        """Return the names of the services that run."""
        return sorted(self.compose("ps", "--services", "--status", "running").split())

    @contextlib.contextmanager
    def changed(self, path: str, change: Callable[[str], str]) -> Iterator[Path]:
        """Change a file of the project, and change it back at the end."""
        file = self.folder / path
        before = file.read_text()
        file.write_text(change(before))
        try:
            yield file
        finally:
            file.write_text(before)

    @contextlib.contextmanager
    def added(self, path: str, text: str) -> Iterator[Path]:
        """Add a file to the project, which belongs to the project's owner, and remove it at the end."""
        file = self.folder / path
        file.write_text(text)
        os.chown(file, self.folder.stat().st_uid, -1)
        try:
            yield file
        finally:
            file.unlink()

    def clean_up(self) -> None:
        """Remove what Compose made for the project."""
        self.compose("down", "--volumes", "--rmi", "local", "--remove-orphans", "--timeout", "1")


class Browser:
    """As much of a browser as forms need: it keeps cookies."""

    def __init__(self, address: str) -> None:
        """Start without cookies at an address without a path."""
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str = "/", data: bytes | None = None, headers: dict[str, str] | None = None) -> str:
        """Return the body of an answer, whatever its status; an empty one if there is no answer within 10 seconds.

        A server that reloads, as it does after each test that changed a file, cuts connections off: then asks again.
        """
        request = urllib.request.Request(self.address + path, data, headers or {})
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                try:
                    answer = self.opener.open(request, timeout=30)
                except urllib.error.HTTPError as error:
                    answer = error
                with answer:
                    return answer.read().decode()
            time.sleep(0.1)
        return ""

    def submit(self, path: str, **values: str) -> str:
        """Fill in the form on a page, and return the page that follows."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert token, f"no form at {path}"
        data = urllib.parse.urlencode(values | {"csrfmiddlewaretoken": token[1]}).encode()
        return self.get(path, data, {"Referer": self.address + path})
