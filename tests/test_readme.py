"""The README's commands, typed as they stand there, in a clone of this repository."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from projects import QUESTIONS, TEMPLATE

README = (TEMPLATE / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [command for block in BLOCKS for command in block.splitlines()]

# tests/docker runs each target of the project's Makefile that needs an engine.
IN_DOCKER = {"make build", "make first-run", "make run"}
HERE = {"make demo", "pip install cookiecutter", "cookiecutter . --output-dir ..", "cd ../project_name", "make start"}


def test_every_command_is_run():
    assert set(COMMANDS) == IN_DOCKER | HERE


def test_every_question_is_listed():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", README, re.MULTILINE))
    asked = {name: default for name, default in QUESTIONS.items() if not name.startswith("_")}
    assert list(rows) == list(asked)
    assert rows | {"django_project_name": asked["django_project_name"]} == asked


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A clone of this repository, as it is now, in an otherwise empty folder."""
    folder = tmp_path_factory.mktemp("readme") / "clone"
    subprocess.run(["git", "clone", "--quiet", TEMPLATE, folder], check=True)
    changed = subprocess.check_output(["git", "diff", "HEAD", "--binary"], cwd=TEMPLATE)
    if changed:
        subprocess.run(["git", "apply"], cwd=folder, input=changed, check=True)
    return folder


def free_port() -> int:
    """Return a port of this machine that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def page_of(command: str, folder: Path) -> str:
    """Run a command that serves a site, and return its page and what it printed; end it with Ctrl-C."""
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    # Not 8000: other tests, and people, use it.
    environment["DJANGO_PORT"] = str(free_port())
    log = folder / "served.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, shell=True, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        for _ in range(600):
            assert server.poll() is None, log.read_text()
            address = re.search(r"Serving at (http://localhost:[0-9]+)", log.read_text())
            try:
                if address:
                    page = urllib.request.urlopen(address[1]).read().decode()
                    break
            except OSError:
                pass
            time.sleep(0.5)
        else:
            pytest.fail(log.read_text())
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(timeout=20)
    assert "Traceback" not in log.read_text()
    return page


@pytest.mark.full
def test_the_demo_and_a_new_project_serve_their_page(clone):
    assert "<h1><bdi>Project Name</bdi></h1>" in page_of("make demo", clone)

    venv = clone.parent / "venv"
    subprocess.run(["python3", "-m", "venv", venv], check=True)
    path = {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "HOME": str(clone.parent)}
    subprocess.run("pip install cookiecutter", shell=True, cwd=clone, env=os.environ | path, check=True)
    subprocess.run(
        "cookiecutter . --output-dir ..",
        shell=True,
        cwd=clone,
        env=os.environ | path,
        check=True,
        text=True,
        input="\n" * 20,
    )
    project = clone.parent / "project_name"
    # The same packages have been installed for the demo a minute ago.
    (clone / "build" / "project_name" / ".venv").rename(project / ".venv")
    assert "<h1><bdi>Project Name</bdi></h1>" in page_of("make start", project)
