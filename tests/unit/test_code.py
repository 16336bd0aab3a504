"""The template's own code, judged by its own rules."""

import os
import subprocess

import pytest

from support.projects import TEMPLATE, TOOLS


def test_format_and_lint():
    for command in (["black", "--check", "bench", "ddpt", "tests"], ["ruff", "check", "bench", "ddpt", "tests"]):
        done = subprocess.run([TOOLS / command[0], *command[1:]], cwd=TEMPLATE, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.xdist_group("some")
def test_groups_stay_together(request):
    """What is expensive to make is made once for each group: the processes that share out the tests know the groups."""
    assert request.node.nodeid.endswith("@some") == ("PYTEST_XDIST_WORKER" in os.environ)
