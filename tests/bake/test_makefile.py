"""The Makefile of a project, as far as it needs nothing installed."""

import os
import re
import subprocess

import pytest

from support.projects import DEFAULTS


def make(project, *arguments):
    return subprocess.run(["make", *arguments], cwd=project, capture_output=True, text=True)


@pytest.mark.parametrize("folder", [".", "deployment"])
def test_a_misspelled_command_is_an_error(baked, folder):
    done = make(baked(DEFAULTS) / folder, "tset")
    assert done.returncode != 0
    assert "No rule to make target 'tset'" in done.stderr


def test_a_file_that_is_called_as_a_command_is_in_nobodys_way(baked):
    project = baked(DEFAULTS)
    file = project / "test"
    try:
        file.touch()
        assert "bin/run pytest" in make(project, "--dry-run", "test").stdout
    finally:
        file.unlink()


def test_without_an_engine_one_message_says_what_to_do(baked, tmp_path):
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\n[ "$1" = compose ]\n')
    docker.chmod(0o755)
    done = make(baked(DEFAULTS), "enter", f"PATH={tmp_path}:{os.environ['PATH']}")
    assert done.returncode != 0
    assert "The Docker engine does not answer: start it" in done.stderr
    assert "make rund" not in done.stderr


def test_a_target_has_one_meaning_in_a_project(baked):
    """A command typed in the wrong folder must not do something else."""
    project = baked(DEFAULTS)
    targets = [
        set(re.findall(r"^([a-z-]+):", (folder / "Makefile").read_text(), re.MULTILINE))
        for folder in (project, project / "deployment")
    ]
    assert targets[0] & targets[1] == {"help"}
