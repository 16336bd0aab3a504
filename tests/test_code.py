"""The template's own code, judged by its own rules."""

import subprocess

from projects import TEMPLATE, TOOLS


def test_format_and_lint():
    for command in (["black", "--check", "ddpt", "tests"], ["ruff", "check", "ddpt", "tests"]):
        done = subprocess.run([TOOLS / command[0], *command[1:]], cwd=TEMPLATE, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
