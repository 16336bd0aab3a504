"""`make ci` runs what CI runs, in containers of its own, and leaves none behind."""

import re

import pytest

from support.compose import PACKAGE
from support.engine import docker

pytestmark = [pytest.mark.parametrize("base_image", ["alpine"], indirect=True), pytest.mark.long]


def left(project):
    """Return what `make ci` has left on the engine."""
    label = f"label=com.docker.compose.project={project.name}-ci"
    return "".join(docker(*what, "--quiet", "--filter", label) for what in (("ps", "--all"), ("volume", "ls")))


def test_make_ci(another):
    printed = another.make("ci", timeout=1200)
    assert re.findall("^== (.*)", printed, re.MULTILINE) == [
        "Image for development",
        "Checks",
        "Tests on PostgreSQL and Redis",
        "Known vulnerabilities of the locked packages",
        "Image for servers",
    ]
    assert "All checks passed." in printed
    assert " passed in " in printed
    assert printed.rstrip().endswith("CI passed.")
    assert left(another) == ""


def test_make_ci_ends_with_the_first_step_that_fails(another):
    with another.changed(f"{PACKAGE}/core/views.py", lambda text: f"{text}x=1\n"):
        printed = another.make("ci", check=False, timeout=600)
    assert "Failed: Format (make format)" in printed
    assert "Tests" not in printed
    assert not printed.endswith("\n0")
    assert left(another) == ""
