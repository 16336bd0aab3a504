"""What a developer sees under `make start`."""

import os
import shutil
import signal
import socket
import subprocess

import pytest
import requests

from support.installed import links
from support.processes import free_port, listens, stopped_afterwards, wait_for
from support.projects import DEFAULTS, EVERYTHING, extremes, grouped


@pytest.mark.long
@pytest.mark.parametrize("combination", extremes())
def test_error_pages_are_styled_without_debug(combination, installed, tmp_path):
    project = installed(combination)
    port = free_port()
    log = tmp_path / "log"
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    process = subprocess.Popen(
        ["make", "start"],
        cwd=project.path,
        env=project.environment(project.path / ".venv", DEBUG="false", DJANGO_PORT=str(port), DATABASE_URL=database),
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with stopped_afterwards(process):
        wait_for(lambda: listens(port), process, "make start")
        site = f"http://localhost:{port}"
        page = requests.get(f"{site}/nowhere", timeout=20)
        assert (page.status_code, "DEBUG" in page.text) == (404, False)
        loaded = links(page.text)
        assert any(".css" in address for address in loaded)
        for address in loaded:
            assert requests.get(site + address, timeout=20).status_code == 200, address
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("combination", grouped([EVERYTHING]))
def test_a_port_in_use_is_named_with_what_to_type(combination, installed, tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
        done = installed(combination).run("make", "start", DJANGO_PORT=port, DATABASE_URL=database)
    assert done.returncode != 0
    assert f"Port {port} is in use: stop what uses it, or add DJANGO_PORT={int(port) + 1} to the command" in done.stderr
    assert "Serving" not in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("combination", grouped([DEFAULTS]))
def test_the_guide_is_one_folder_that_can_be_deleted(combination, project):
    """All checks and tests pass without it, and the home page is the project's own."""
    assert project.run("make", "migrate").returncode == 0
    with project.runserver() as address:
        assert "What to do next" in requests.get(address, timeout=20).text

    shutil.rmtree(project.path / project.name / "getting_started")
    for command in ("check", "test"):
        done = project.run("make", command)
        assert done.returncode == 0, done.stdout + done.stderr
    with project.runserver() as address:
        page = requests.get(address, timeout=20)
        assert page.status_code == 200
        assert "Project Name" in page.text
        assert "What to do next" not in page.text
        for path in links(page.text):
            assert requests.get(address + path, timeout=20).status_code == 200, path
