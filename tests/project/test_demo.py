"""The commands of the template itself, from a copy on which nothing was ever run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
import requests

from support.processes import free_port, listens
from support.projects import TEMPLATE, TOOLS

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of the template as git would clone it, in a folder whose name has a space."""
    folder = tmp_path_factory.mktemp("a clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TEMPLATE,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (TEMPLATE / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TEMPLATE / name, folder / name, follow_symlinks=False)
    return folder


def environment(**variables):
    """Return the environment of somebody who has not switched a virtual environment on."""
    path = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if Path(one) != TOOLS)
    # Something on this machine runs Python 3.12, or these tests would not run; PATH need not name it.
    return os.environ | {"PATH": path, "PYENV_ROOT": str(Path(sys.base_prefix).parent.parent)} | variables


def serve_demo(clone):
    """Run the demo, check what it serves and prints, end it, and return what it printed before its URL."""
    port = free_port()
    demo = pexpect.spawn("make", ["demo"], cwd=clone, env=environment(DJANGO_PORT=str(port)), encoding="utf-8")
    demo.expect(rf"http://localhost:{port}", timeout=600)
    printed = demo.before
    assert "http" not in printed
    demo.expect("Quit the server", timeout=60)
    assert "http" not in demo.before
    page = requests.get(f"http://localhost:{port}", timeout=20)
    assert page.status_code == 200
    assert "Project Name" in page.text

    refused = subprocess.run(
        ["make", "demo"], cwd=clone, env=environment(DJANGO_PORT=str(port)), capture_output=True, text=True
    )
    assert refused.returncode != 0
    assert refused.stderr.startswith(f"Port {port} is in use: stop what uses it, or add DJANGO_PORT={port + 1} to")
    # The files of the demo that runs are not replaced.
    assert "Generated" not in refused.stdout

    demo.sendintr()
    demo.expect(pexpect.EOF, timeout=20)
    assert "Traceback" not in demo.before
    assert "Error" not in demo.before
    assert not listens(port)
    return printed


def test_make_demo(clone):
    """It asks nothing, serves the page at the one URL that it prints, and Ctrl-C ends it without a word."""
    assert "Installing" in serve_demo(clone)


@pytest.mark.long
def test_make_demo_again_installs_nothing(clone):
    serve_demo(clone)
    assert "Installing" not in serve_demo(clone)


@pytest.mark.long
def test_start_a_project_as_the_readme_says(clone, tmp_path_factory):
    """Enter answers each question with its default; the project appears beside the clone, and serves its page."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    typed = environment(PATH=f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}", HOME=str(venv))
    for command in ("pip install --quiet cookiecutter", "cookiecutter . --output-dir .."):
        subprocess.run(command, shell=True, cwd=clone, env=typed, check=True, text=True, input="\n" * 20)
    project = clone.parent / "project_name"
    # the same packages, installed for the demo a moment ago
    (clone / "build/project_name/.venv").rename(project / ".venv")

    port = free_port()
    site = pexpect.spawn("make", ["start"], cwd=project, env=environment(DJANGO_PORT=str(port)), encoding="utf-8")
    site.expect("Quit the server", timeout=120)
    assert "Project Name" in requests.get(f"http://localhost:{port}", timeout=20).text
    site.sendintr()
    site.expect(pexpect.EOF, timeout=20)


def test_make_lists_its_commands(clone):
    done = subprocess.run(["make"], cwd=clone, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0
    for command in ("demo", "test", "lock"):
        assert f"  {command} " in done.stdout


def test_no_python_gives_one_line(clone, tmp_path):
    """Where no Python will do, the line says what to install."""
    for program in ("sh", "cat", "tr", "sort", "head", "cut", "dirname"):
        (tmp_path / program).symlink_to(shutil.which(program))
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        [clone / "{{ cookiecutter.django_project_name }}/bin/find-python"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("No Python 3.12 or later was found: install one")
    assert done.stderr.count("\n") == 1
