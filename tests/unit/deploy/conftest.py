"""A site on a swarm in memory: what takes minutes on an engine takes milliseconds here."""

import shutil

import pytest

from ddpt_deploy import console, docker
from ddpt_deploy.cli import main as command_line
from ddpt_deploy.console import Console
from ddpt_deploy.release import git, probe
from ddpt_deploy.site import settings
from ddpt_deploy.site.site import Site
from support.fake_swarm import Clock, Swarm
from support.projects import DEFAULTS

MIGRATED = '{"applied": ["shop.0001_initial"], "known": ["shop.0001_initial"]}\n'


@pytest.fixture
def swarm(monkeypatch):
    """An engine with nothing on it."""
    swarm = Swarm()
    for module in (console, docker):
        monkeypatch.setattr(module, "time", Clock(swarm))
    swarm.logs["site_migrate"] = MIGRATED
    return swarm


@pytest.fixture
def combination():
    """What the project has; a test may say otherwise, by parametrization."""
    return DEFAULTS


@pytest.fixture
def project(baked, combination, tmp_path, monkeypatch):
    """The folder of a generated project, for a test to change."""
    folder = tmp_path / "project"
    shutil.copytree(baked(combination), folder)
    production = folder / "deployment/production.env"
    lines = {"STACK_NAME": "site", "DOMAIN_NAME": "localhost"}
    production.write_text(
        "".join(f"{name}={lines.get(name, value)}\n" for name, value in settings.parse(production.read_text()).items())
    )
    monkeypatch.chdir(folder / "deployment")
    monkeypatch.setattr(git, "version", lambda folder: "v1")
    return folder


@pytest.fixture
def site(swarm, project):
    """A site that is not set up yet."""
    folder = project / "deployment"
    return Site(settings.load("production", folder, shell={}, typed={}), swarm, Console(assume_yes=True), folder, "me")


@pytest.fixture
def run(swarm, project, monkeypatch, capsys):
    """A function that types a command, and returns its exit status and what it printed."""
    monkeypatch.setattr(probe, "ask", lambda *request, verify: swarm.answer_from_here)
    monkeypatch.setattr(command_line.signal, "signal", lambda number, handler: None)

    def run(*words, version="v1"):
        monkeypatch.setattr(git, "version", lambda folder: version)
        status = command_line.main([*words], docker=swarm)
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run
