"""Options and fixtures for all tests."""

import os
import signal
import sys
from pathlib import Path

import hypothesis
import pytest

from support.projects import bake, label

pytest_plugins = ["support.chromium"]

# The deploy tool in src/ is copied into each project, so nothing may be added there.
sys.dont_write_bytecode = True
# Generated projects are started hundreds of times, and fast only where what Python has compiled is kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell lets what it starts in the background ignore Ctrl-C, and so do the children of that, which tests end by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is slow, and no test is about that.
hypothesis.settings.register_profile("template", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("template")

# `make test ARGS=...` hands its own options and variables down to every make that a test runs in a project.
for name in ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"):
    os.environ.pop(name, None)


def pytest_addoption(parser):
    parser.addoption("--fail-on-skip", action="store_true", help="end with an error if a test was skipped")


def pytest_itemcollected(item):
    """Mark the tests of a folder, all of which need an engine."""
    if item.path.is_relative_to(Path(__file__).parent / "compose"):
        item.add_marker("docker")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Name the group of each test in its id, by which pytest-xdist keeps a group in one process.

    pytest-xdist 3.8 does that itself, but in an attribute that pytest 9.2 no longer reads.
    """
    if config.getoption("loadgroup", False):
        for item in items:
            if mark := item.get_closest_marker("xdist_group"):
                item._id = type(item._id).parse(f"{item.nodeid}@{mark.args[0]}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Fail a run that had to be complete and was not.

    `make test` runs pytest three times, by markers: what ARGS ask for may all be in one of them.
    """
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.option.markexpr:
        session.exitstatus = pytest.ExitCode.OK
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("fail_on_skip") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Print the figures of what visitors saw, also of tests that went well."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for line in report.capstdout.splitlines() if report.when == "call" else ():
                if line.startswith("PROOF"):
                    terminalreporter.write_line(f"{line} [{report.nodeid.rpartition('@')[2]}]")


@pytest.fixture(scope="session")
def baked(tmp_path_factory):
    """A function that returns the project of a combination, baked once for all tests that only read it."""
    projects = {}

    def get(combination):
        if combination not in projects:
            projects[combination] = bake(tmp_path_factory.mktemp(label(combination)), combination)
        return projects[combination]

    return get
