"""A baked project with its packages installed, for development and for production, and its servers."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import requests

from ddpt.lock import public_index
from support.processes import free_port, listens, stopped_afterwards, wait_for
from support.projects import TOOLS


class Installed:
    """A baked project that is installed from its lock."""

    def __init__(self, project: Path, email: bool):
        """Install.

        Args:
            project: where it is.
            email: whether users log in with their email address, not with a username.
        """
        self.path, self.email = project, email
        self.name = project.name
        self.sync(project / ".venv", "dev")
        # `make install` has nothing left to do
        shutil.copy(project / "requirements/dev.txt", project / ".venv/installed.txt")

    def sync(self, venv: Path, lock: str) -> None:
        """Make a virtual environment hold what a lock names, by ``uv pip sync``."""
        uv = [TOOLS / "uv", "--quiet"]
        subprocess.run([*uv, "venv", "--python", sys.executable, venv], check=True, env=public_index())
        command = [*uv, "pip", "sync", "--require-hashes", "--python", venv / "bin/python"]
        subprocess.run([*command, self.path / f"requirements/{lock}.txt"], check=True, env=public_index())

    def environment(self, venv: Path, **variables: str) -> dict[str, str]:
        """Return an environment that knows of nothing but the virtual environment and the ``variables``."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "SSL_CERT_FILE") if name in os.environ}
        return kept | {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "WHERE": "local"} | variables

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess:
        """Run a command as a developer would, and return how it ended and what it printed."""
        environment = self.environment(self.path / ".venv", **variables)
        return subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True)

    def copy(self, folder: Path) -> "Installed":
        """Return a copy in ``folder``, which a test may change, with the same packages."""
        other = copy(self)
        other.path = folder / self.name
        ignored = shutil.ignore_patterns(".venv", "db.sqlite3*", "__pycache__")
        shutil.copytree(self.path, other.path, ignore=ignored)
        (other.path / ".venv").symlink_to(self.path / ".venv")
        return other

    @contextmanager
    def runserver(self) -> Iterator[str]:
        """Serve the project with its development settings while the block runs, and give where."""
        port = free_port()
        process = subprocess.Popen(
            [self.path / ".venv/bin/python", "manage.py", "runserver", "--noreload", str(port)],
            cwd=self.path,
            env=self.environment(self.path / ".venv"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with stopped_afterwards(process):
            wait_for(lambda: listens(port), process, "runserver")
            yield f"http://localhost:{port}"


class Production:
    """A project as on a server: only its base packages, the production settings, PostgreSQL and Redis."""

    def __init__(self, installed: Installed, folder: Path, variables: dict[str, str]):
        """Install, collect the static files and migrate.

        Args:
            installed: the project.
            folder: an empty folder for what production needs beside the project.
            variables: what the project is told.
        """
        self.installed, self.folder = installed, folder
        self.secret_key = secrets.token_urlsafe(50)
        (folder / "secret_key").write_text(self.secret_key + "\n")
        installed.sync(folder / "venv", "base")
        self.environment = installed.environment(
            folder / "venv",
            DJANGO_SETTINGS_MODULE=f"{installed.name}.config.production",
            SECRET_KEY_FILE=str(folder / "secret_key"),
            DOMAIN_NAME="localhost",
            EMAIL_HOST="off",
            WEB_CONCURRENCY="2",
            **variables,
        )
        for command in (["collectstatic", "--no-input", "--verbosity", "0"], ["migrate", "--verbosity", "0"]):
            done = self.manage(*command)
            assert done.returncode == 0, done.stderr

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        """Run ``manage.py`` with the production settings."""
        return subprocess.run(
            ["python", "manage.py", *arguments],
            cwd=self.installed.path,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            # subprocess looks for the command on the PATH of this process
            executable=self.folder / "venv/bin/python",
        )

    def create_superuser(self, name: str, password: str) -> str:
        """Create a superuser with the address ``name@example.com``, and return what this user logs in with."""
        address = f"{name}@example.com"
        username = [] if self.installed.email else ["--username", name]
        command = ["createsuperuser", "--no-input", *username, "--email", address]
        done = self.manage(*command, DJANGO_SUPERUSER_PASSWORD=password)
        assert done.returncode == 0, done.stderr
        return address if self.installed.email else name

    @contextmanager
    def gunicorn(self, *arguments: str, **variables: str) -> Iterator["Server"]:
        """Serve the project by gunicorn, with more of its options and variables, while the block runs."""
        port = free_port()
        log = self.folder / f"gunicorn-{port}.log"
        process = subprocess.Popen(
            [self.folder / "venv/bin/gunicorn", "--bind", f"127.0.0.1:{port}", *arguments],
            cwd=self.installed.path,
            env=self.environment | variables,
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
        )
        with stopped_afterwards(process):
            wait_for(lambda: listens(port), process, "gunicorn")
            yield Server(port, process, log)

    def session(self, **variables: str) -> str:
        """Return the cookie of a user who is logged in."""
        script = """
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
User, email = get_user_model(), "visitor@example.com"
user, _ = User.objects.get_or_create(**{User.USERNAME_FIELD: email}, defaults={"email": email})
client = Client()
client.force_login(user)
print(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
"""
        done = self.manage("shell", "--no-imports", "--command", script, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextmanager
    def https(self, **variables: str) -> Iterator["Server"]:
        """Serve the project over HTTPS, as a browser sees it, with more variables, while the block runs."""
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        if not key.exists():
            subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
            openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
            subprocess.run([*openssl, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        with self.gunicorn("--keyfile", str(key), "--certfile", str(certificate), **variables) as server:
            server.scheme = "https"
            yield server


class Server:
    """A server process that answers at a port of this machine."""

    scheme = "http"

    def __init__(self, port: int, process: subprocess.Popen, log: Path):
        self.port, self.process, self.log = port, process, log

    @property
    def address(self) -> str:
        """Where the site is."""
        return f"{self.scheme}://localhost:{self.port}"

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask as the proxy does that took a request over HTTPS."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(
            f"http://127.0.0.1:{self.port}{path}",
            headers={"Host": "localhost", "X-Forwarded-Proto": "https"} | headers,
            allow_redirects=False,
            timeout=60,
        )

    def post(self, path: str, fields: dict[str, str], **headers: str) -> requests.Response:
        """Send a form as the proxy does that took it over HTTPS."""
        return requests.post(
            f"http://127.0.0.1:{self.port}{path}",
            fields,
            headers={"Host": "localhost", "X-Forwarded-Proto": "https"} | headers,
            allow_redirects=False,
            timeout=60,
        )

    def lines(self) -> list[dict]:
        """Return what the project and gunicorn logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def links(page: str) -> list[str]:
    """Return the addresses of what a page loads from its own site."""
    return re.findall(r'<(?:link|script|img)\b[^>]*?(?:href|src)="(/[^"]+)"', page)
