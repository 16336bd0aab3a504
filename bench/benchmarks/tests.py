"""How long the tests and checks of a new project take."""

import re
import shutil

from bench.clock import timed
from bench.goals import Goal
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns
from bench.samples import Sample, middle
from bench.subjects.development import development, peer_development
from bench.subjects.environment import empty

TITLE = "Tests and checks"
ABOUT = """\
The tests that come with a new project, each project's by `pytest` with its packages for development: ours on SQLite in memory as it
comes, cookiecutter-django's on PostgreSQL, as it needs. `make check` runs format, lint, types, templates, settings and migrations:
once with no cache of any tool, and again with nothing changed.
"""
GOALS = (
    Goal("tests of a new project", 3, lambda samples: middle(samples, "tests", "ours", "seconds"), unit=" s"),
    Goal("`make check` without caches", 5, lambda samples: middle(samples, "check, no caches", "ours", "seconds"), unit=" s"),
    Goal("`make check` with nothing changed", 2, lambda samples: middle(samples, "check, nothing changed", "ours", "seconds"), unit=" s"),
)  # fmt: skip
CACHES = (".mypy_cache", ".ruff_cache")


def measure(resources: Resources) -> list[Sample]:
    """Run the tests of each project and the checks of ours, in turns."""
    rounds = resources.settings.rounds
    ours = development(resources.folder / "development")
    projects = {"ours": (["make", "test"], ours.folder, ours.environment)}
    if clone := resources.peer_checkout:
        peer = peer_development(resources.folder / "peer-development", clone, resources.peer_services())
        projects["peer"] = (["pytest", "--quiet"], peer.folder, peer.environment)

    def test(subject: str) -> Sample:
        figures, printed = timed(*projects[subject])
        passed = re.search(r"(\d+) passed", printed)
        return Sample("tests", subject, figures | {"passed": int(passed[1]) if passed else 0})

    in_turns(1, list(projects), test)  # warm: bytecode, and the peer's database, which it keeps
    samples = in_turns(rounds, list(projects), test)

    def check(case: str) -> Sample:
        if case == "check, no caches":
            for name in CACHES:
                shutil.rmtree(ours.folder / name, ignore_errors=True)
            empty(ours.cache)
        return Sample(case, "ours", timed(["make", "check"], ours.folder, ours.environment)[0])

    return samples + in_turns(rounds, ["check, no caches", "check, nothing changed"], check)


def tables(samples: list[Sample]) -> list[Table]:
    """Return a table for each command."""
    return [
        comparison(samples, "tests", ("seconds", "cpu_seconds", "passed"), "The tests of a new project"),
        comparison(samples, "check, no caches", ("seconds", "cpu_seconds"), "`make check` without caches"),
        comparison(samples, "check, nothing changed", ("seconds", "cpu_seconds"), "`make check` with nothing changed"),
    ]
