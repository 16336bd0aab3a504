"""How long generating a project takes."""

import os

from bench.clock import timed
from bench.goals import Goal
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns
from bench.samples import Sample, middle
from bench.settings import TEMPLATE
from bench.subjects.environment import empty
from bench.subjects.peer import command as peer_command
from support.projects import TOOLS

TITLE = "Generating a project"
ABOUT = """\
The whole `cookiecutter` command with the default answers, its own start included, from a template on the disk; and
`cookiecutter --version`, which only starts. cookiecutter-django's hook then has uv lock the packages, over the network: that is
left out here.
"""
GOALS = (Goal("generating a project", 0.4, lambda samples: middle(samples, "generate", "ours", "seconds"), unit=" s"),)


def measure(resources: Resources) -> list[Sample]:
    """Generate each project, in turns."""
    folder = empty(resources.folder / "generated")
    program = TOOLS / "cookiecutter"
    ours = [program, TEMPLATE, "--no-input", "--default-config", "--output-dir", folder / "generated"]
    commands = {"ours": (ours, dict(os.environ))}
    if clone := resources.peer_checkout:
        commands["peer"] = peer_command(clone, folder)
    commands["cookiecutter --version"] = ([program, "--version"], dict(os.environ))

    def one(subject: str) -> Sample:
        empty(folder / "generated")
        command, environment = commands[subject]
        return Sample("generate", subject, timed(command, folder, environment)[0])

    in_turns(1, list(commands), one)  # warm
    return in_turns(resources.settings.rounds + 4, list(commands), one)  # each takes only a second


def tables(samples: list[Sample]) -> list[Table]:
    """Return one table."""
    return [comparison(samples, "generate", ("seconds", "cpu_seconds"), "The `cookiecutter` command")]
