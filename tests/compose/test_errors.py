"""What goes wrong gives one line that says what to type."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pexpect
import pytest

from support.compose import PACKAGE, Project
from support.engine import docker
from support.processes import until

# The scripts that say it run outside of the image.
pytestmark = pytest.mark.parametrize("base_image", ["alpine"], indirect=True)


def lines(output: str) -> list[str]:
    """Return the lines of a failed command without Make's own, and Compose's progress."""
    *printed, _status = output.splitlines()
    return [line for line in printed if not line.startswith(("make:", " Container", " Network", " Volume"))]


@pytest.mark.parametrize(
    "target", ["build", "run", "rund", "stop", "logs", "enter", "debug", "remove", "fix-volume-permission"]
)
def test_no_engine(built, target):
    output = built.make(target, check=False, DOCKER_HOST="unix:///nowhere/docker.sock")
    (line,) = lines(output)
    assert "The Docker engine does not answer: start it" in line
    assert not output.endswith("\n0")


def test_a_container_that_is_not_running(another):
    for target in ("enter", "enter-root", "debug"):
        assert lines(another.make(target, check=False)) == ["The django container is not running → make rund"]
    assert lines(another.make("test", check=False)) == [
        "There is no django container and no .venv: run 'make rund' to work with Docker, or 'make install' to work without."
    ]


def created(project: Project) -> str:
    """Return what Compose has made for a project."""
    return "".join(
        docker(*what, "--filter", f"label=com.docker.compose.project={project.name}", "--quiet")
        for what in (["ps", "--all"], ["network", "ls"], ["volume", "ls"])
    )


@pytest.mark.parametrize("target", ["run", pytest.param("rund", marks=pytest.mark.long)])
def test_a_port_in_use(another, target):
    django, mailpit = another.django_port, another.mailpit_port
    with socket.create_server(("127.0.0.1", django)), socket.create_server(("127.0.0.1", mailpit)):
        first, second = lines(another.make(target, check=False))
        prefix = "Port {} is in use: stop what uses it, or add this line to the file .env → {}="
        assert first.startswith(prefix.format(django, "DJANGO_PORT"))
        assert second.startswith(prefix.format(mailpit, "MAILPIT_PORT"))
        assert created(another) == ""
        assert "Added the superuser a" in another.make("first-run", YES="1")
    # once it has started, the port is in use by the project itself
    another.make("rund")
    another.make("rund")


def postgres(project: Project) -> str:
    """Return the ID of the project's PostgreSQL container; an empty text if there is none yet."""
    return project.compose("ps", "--all", "--quiet", "postgres").strip()


def started(project: Project) -> bool:
    """Tell whether the project's PostgreSQL container has started."""
    container = postgres(project)
    return bool(container) and docker("inspect", "--format", "{{.State.StartedAt}}", container)[:4] != "0001"


def connects(project: Project) -> bool:
    """Tell whether Django's database is there, and PostgreSQL lets Django in."""
    url = f"postgres://{PACKAGE}:local@postgres/{PACKAGE}"
    return "(1 row)" in project.run(
        "docker", "compose", "exec", "-T", "postgres", "psql", url, "-c", "SELECT 1", check=False
    )


@pytest.mark.long
def test_an_initialization_that_is_killed_starts_over(another):
    begin = time.monotonic()
    another.run("bin/compose", "up", "--detach", "postgres")
    until(lambda: connects(another))
    whole = time.monotonic() - begin
    for tenth in range(10):
        another.compose("down", "--volumes")
        another.run("bin/compose", "up", "--detach", "postgres")
        # not for a condition to come true, but for another state each time
        time.sleep(whole * tenth / 10)
        docker("kill", postgres(another))
        another.run("bin/compose", "up", "--detach", "--wait", "postgres")
        assert connects(another), f"after {tenth} tenths of {whole} s"


@pytest.mark.parametrize("seconds", [1, *(pytest.param(more, marks=pytest.mark.long) for more in (0, 2))])
def test_run_works_after_ctrl_c_in_its_first_seconds(another, seconds):
    with another.terminal("run") as terminal:
        terminal.expect("Starting; Ctrl-C")
        until(lambda: started(another))
        time.sleep(seconds)
        terminal.sendintr()
        terminal.expect_exact(pexpect.EOF)
    another.make("rund")
    another.make("migrate")
    assert json.loads(another.site.get("/readyz"))["database"] == "ok"


def test_a_database_that_is_not_there_is_named_with_what_to_type(another):
    impatient = another.folder / "docker-compose.impatient.yml"
    impatient.write_text("services: {postgres: {healthcheck: {start_period: 2s, interval: 1s, retries: 2}}}\n")
    files = os.pathsep.join(["docker-compose.yml", impatient.name])
    another.run("bin/compose", "up", "--detach", "--wait", "postgres")
    another.compose("exec", "-T", "postgres", "dropdb", "--force", "-U", PACKAGE, "--maintenance-db=postgres", PACKAGE)
    for target in ("run", "rund"):
        *_, log, line = lines(another.make(target, check=False, COMPOSE_FILE=files))
        assert f'database "{PACKAGE}" does not exist' in log
        assert line.endswith("To start with an empty database → make remove-full")
    another.make("remove-full", YES="1")
    another.make("rund")


def test_a_user_who_may_not_use_the_engine(folder):
    """The engine itself refuses a user who is not in the group of its socket."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as name:
        script = Path(shutil.copytree(folder / "bin", Path(name, "bin"))) / "compose"
        Path(name).chmod(0o755)
        done = subprocess.run(
            [script, "ps"],
            user=65534,
            group=65534,
            extra_groups=[],
            env={"PATH": os.environ["PATH"], "HOME": name},
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == "You are not allowed to use the Docker engine → sudo usermod -aG docker $USER, then log in again\n"
    )


@pytest.fixture
def standalone(tmp_path: Path) -> str:
    """A PATH with a `docker` that knows no `compose`, and with `docker-compose`."""
    plugins = json.loads(subprocess.check_output(["docker", "info", "--format", "{{json .ClientInfo.Plugins}}"]))
    (compose,) = [plugin["Path"] for plugin in plugins if plugin["Name"] == "compose"]
    for name, script in {
        "docker": f'[ "$1" != compose ] || exit 1\nexec {shutil.which("docker")} "$@"',
        "docker-compose": f'exec -a docker-compose {compose} "$@"',
    }.items():
        command = tmp_path / name
        command.write_text(f"#!/bin/bash\n{script}\n")
        command.chmod(0o755)
    return str(tmp_path)


def test_docker_compose_of_its_own(project, standalone):
    path = os.pathsep.join([standalone, os.environ["PATH"]])
    assert project.make("py-info", PATH=path).startswith("Python")
    project.make("rund", PATH=path)


def test_no_compose_at_all(built, standalone):
    Path(standalone, "docker-compose").unlink()
    output = built.make("build", check=False, PATH=f"{standalone}:/usr/bin:/bin")
    (line,) = lines(output)
    assert line.startswith("Docker Compose is not installed: ")
