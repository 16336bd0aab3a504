"""A baked project that is deployed to the engine, as an operator does it: with `make` in its folder deployment/."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect

from support.engine import docker
from support.processes import run
from support.projects import NGINX, Combination, bake

PROOF = Path(__file__).parent / "proof"

# What a migration logs must not be taken for what the job says.
MIGRATION = """import logging

from django.db import migrations, models

logging.getLogger("django").warning('{{"a": "line of JSON"}}')


class Migration(migrations.Migration):
    dependencies = [("proof", "{before}")]
    operations = [{operation}]
"""


@dataclass
class Answer:
    """What the site answers to one request."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    def json(self):
        return json.loads(self.text)


class Site:
    """A project, its folder, and the site that it is on the engine."""

    def __init__(self, folder: Path, stack: str, combination: Combination, **settings: str):
        self.project = self.generate(folder, stack, combination)
        self.package = self.project / self.project.name
        self.stack = stack
        # the engine and the tests share a computer that is busy
        exported = {"DOMAIN_NAME": "localhost", "STACK_NAME": stack, "STATUS_TIMEOUT": "60", **settings}
        # what an operator has exported
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DDPT_")}
        self.shell = inherited | {
            name if name == "DOCKER_HOST" else f"DDPT_{name}": value for name, value in exported.items()
        }
        self.combination = combination
        self.proxy = "nginx" if NGINX in combination else "caddy"
        self.http_port = int(settings.get("HTTP_PORT", "80"))
        self.port = int(settings.get("HTTPS_PORT", "443"))
        self.url = "https://localhost" + ("" if self.port == 443 else f":{self.port}")
        self.number = 0
        self.git("init", "--quiet")
        self.commit("first")

    # --- the working copy

    def generate(self, folder: Path, stack: str, combination: Combination) -> Path:
        """Return a new project."""
        return bake(folder, combination, project_name=stack.replace("-", " ").title())

    @property
    def settings(self) -> Path:
        """Return the settings that the app for the load is added to."""
        return self.package / "config/base.py"

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=self.project, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def undo(self) -> None:
        """Take the last commit back."""
        self.git("reset", "--quiet", "--hard", "HEAD~1")

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file of the project; ``{package}`` stands for the package."""
        file = self.project / path.format(package=self.project.name)
        text = file.read_text()
        assert old in text, f"{path} does not have {old!r}"
        file.write_text(text.replace(old, new))

    def hooks(self) -> Path:
        """Return the folder for hooks, which git is told to leave alone."""
        (self.project / ".git/info/exclude").write_text("/deployment/hooks/\n")
        folder = self.project / "deployment/hooks"
        folder.mkdir(exist_ok=True)
        return folder

    def add_proof(self) -> None:
        """Add the app that stores what the load generator sends."""
        name = self.project.name
        shutil.copytree(PROOF, self.package / "proof")
        self.edit("{package}/config/base.py", f'    "{name}.users",\n', f'    "{name}.users",\n    "{name}.proof",\n')
        self.edit(
            "{package}/config/urls.py",
            "urlpatterns = [\n",
            f'urlpatterns = [\n    path("proof/", include("{name}.proof.urls")),\n',
        )
        self.settings.write_text(self.settings.read_text() + '\nPROOF_RELEASE = "0"\n')
        self.commit("release 0")

    def change(self, migration: str = "") -> str:
        """Commit a release: other code, another static file, and a migration; return its number."""
        self.number += 1
        number = str(self.number)
        release = re.sub(r'PROOF_RELEASE = ".*"', f'PROOF_RELEASE = "{number}"', self.settings.read_text())
        self.settings.write_text(release)
        (self.package / "proof/static/proof/release.css").write_text(
            f"body::after {{ content: 'release {number}'; }}\n"
        )
        folder = self.package / "proof/migrations"
        before = sorted(path.stem for path in folder.glob("0*.py"))[-1]
        operation = migration or f'migrations.AddField("entry", "column{number}", models.TextField(null=True))'
        (folder / f"{int(before[:4]) + 1:04}_release_{number}.py").write_text(
            MIGRATION.format(before=before, operation=operation)
        )
        self.commit(f"release {number}")
        return number

    # --- the site

    def start(self, *targets: str, **variables: str) -> subprocess.Popen:
        """Start `make` in deployment/, as an operator or a CI job does."""
        # what docker reads, and what must not be seen in a list of processes, comes from the shell; the rest is typed
        shell = {name: value for name, value in variables.items() if name.startswith(("DOCKER_", "DDPT_"))}
        typed = [f"{name}={value}" for name, value in variables.items() if name not in shell]
        return subprocess.Popen(
            ["make", "--no-print-directory", "--directory", self.project / "deployment", *targets, *typed],
            env=self.shell | shell,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def attempt(self, *targets: str, **variables: str) -> tuple[int, str]:
        """Run `make` in deployment/ and return its exit status and what it printed."""
        process = self.start(*targets, **variables)
        printed, _ = process.communicate(timeout=900)
        print(printed)
        return process.returncode, printed

    def make(self, *targets: str, **variables: str) -> str:
        """Run `make` in deployment/, which must end well, and return what it printed."""
        status, printed = self.attempt(*targets, **variables)
        assert status == 0, printed
        return printed

    def refuse(self, *targets: str, **variables: str) -> str:
        """Run `make` in deployment/, which must fail, and return what it printed."""
        status, printed = self.attempt(*targets, **variables)
        assert status != 0, printed
        assert 'Traceback (most recent call last):\n  File "<frozen runpy>"' not in printed
        return printed

    def ci_deploy(self, **variables: str) -> tuple[int, str]:
        """Run ``bin/ci-deploy`` as a CI job does, and return its exit status and what it printed.

        Without other ``variables`` the server is the engine of this machine.
        """
        job = {
            "DEPLOY_HOST": "unix:///var/run/docker.sock",
            "DEPLOY_USER": "ada (run 7)",
            "SSH_KNOWN_HOSTS": "none",
            "SSH_PRIVATE_KEY": "-----BEGIN none",
        }
        return run(
            self.project / "bin/ci-deploy", self.shell.get("DDPT_ENVIRONMENT", "production"),
            env=self.shell | job | variables, timeout=900,
        )  # fmt: skip

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        host: str = "localhost",
        address: str = "127.0.0.1",
        timeout: float = 30,
        **headers: str,
    ) -> Answer:
        """Make a request to the site over HTTPS."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, self.port, context=context, timeout=timeout)
        plain = socket.create_connection((address, self.port), timeout)
        connection.sock = context.wrap_socket(plain, server_hostname=host)
        try:
            # what is too large is refused before all of it was sent
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(
                    method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
                )
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))
        finally:
            connection.close()

    def release(self) -> str:
        """Return the number of the release that answers."""
        return self.ask("/proof/who/").json()["release"]

    def service(self, name: str) -> str:
        return f"{self.stack}_{name}"

    def containers(self, name: str) -> list[str]:
        """Return the ids of the running containers of a service."""
        return docker(
            "ps", "--quiet", "--no-trunc", "--filter", f"label=com.docker.swarm.service.name={self.service(name)}"
        ).split()

    def wait_for(self, name: str, count: int, timeout: float = 120) -> float:
        """Wait until a number of containers of a service are healthy; return the seconds that it took."""
        start = time.monotonic()
        while time.monotonic() - start < timeout:
            states = [
                one["State"].get("Health", {}).get("Status", "healthy")
                for one in json.loads(docker("inspect", *self.containers(name), check=False) or "[]")
            ]
            if states == ["healthy"] * count:
                return time.monotonic() - start
            time.sleep(0.5)
        raise AssertionError(f"{name} has not {count} healthy containers: {states}")

    def stored(self) -> list[str]:
        """Return the ids that the database has, as often as it has them."""
        sql = "COPY (SELECT name FROM proof_entry) TO STDOUT"
        return docker(
            "exec", self.containers("postgres")[0], "psql", "--username", "postgres",
            "--dbname", self.stack.replace("-", "_"), "--command", sql,
        ).split()  # fmt: skip

    def remove(self) -> None:
        """Remove the site and all that it left on the engine."""
        self.attempt("deploy-unlock")
        self.attempt("stack-rm", EVERYTHING="1", CONFIRM=self.stack)
        images = docker("image", "ls", "--quiet", "--filter", f"label=deploy.stack={self.stack}").split()
        if images:
            docker("image", "rm", "--force", *sorted(set(images)), check=False)


def on_a_terminal(site: Site, *words: str) -> pexpect.spawn:
    """Start `make` in deployment/ as a person does."""
    return pexpect.spawn(
        "make", ["-C", str(site.project / "deployment"), *words],
        env=site.shell, encoding="utf-8", timeout=60,
    )  # fmt: skip


@contextlib.contextmanager
def set_up(site: Site, lock: contextlib.AbstractContextManager) -> Iterator[Site]:
    """Set a site up, one after the other, and remove it afterwards."""
    try:
        with lock:
            site.make("setup", YES="1")
        yield site
    finally:
        site.remove()
