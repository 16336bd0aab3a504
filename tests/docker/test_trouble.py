"""What goes wrong gives one line that says what to type."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from .conftest import BASE_IMAGES

# The scripts that say it run outside of the image.
pytestmark = pytest.mark.parametrize("base_image", BASE_IMAGES[:1], indirect=True)


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
        assert lines(another.make(target, check=False)) == ["The django container is not running: type 'make rund'."]
    assert lines(another.make("test", check=False)) == [
        "There is nowhere to run it: type 'make run' to work in Docker, or 'make install' to work without."
    ]


@pytest.mark.parametrize("target", ["run", "rund"])
def test_a_port_in_use(another, target):
    with socket.create_server(("127.0.0.1", another.django_port)):
        *_, line = lines(another.make(target, check=False))
    assert line.startswith(f"Port {another.django_port} is in use: ")
    assert "make run DJANGO_PORT=8001" in line
    assert another.running() == []


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
