"""How long a developer waits after a change."""

import contextlib
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.goals import Goal
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns
from bench.samples import Sample, middle
from bench.settings import BenchError
from bench.subjects.development import development
from bench.subjects.environment import empty
from support.compose import OWNERS, Project, give
from support.engine import missing_engine
from support.processes import free_port, stopped_afterwards
from support.projects import bake

TITLE = "Development"
ABOUT = """\
From saving a change of the Python code to a page that shows it: with `make start`, and in the container of `make rund`. The change
is made at different moments of the second in which the server looks for changes. And `make build` after a change of the
code, with Docker.
"""
GOALS = (
    Goal("a change of the code to the page that shows it", 1.5, lambda samples: middle(samples, "change", "make start", "seconds"), unit=" s"),
    Goal("`make build` after a change of the code", 3, lambda samples: middle(samples, "build", "ours", "seconds"), unit=" s"),
)  # fmt: skip
CHANGES = 8
# A reloader misses what changes in the moment in which it starts.
SETTLE = 3
TIMEOUT = 60


class Served:
    """A project under development, and where it is served."""

    def __init__(self, project: Path, port: int):
        self.settings, self.port, self.number = project / project.name / "config/base.py", port, 0

    def page(self) -> str:
        """Return the home page, or nothing while the server starts."""
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://localhost:{self.port}", timeout=10) as answer,
        ):
            return answer.read().decode()
        return ""

    def wait(self, text: str) -> float:
        """Return the seconds until the page has a text."""
        start = time.perf_counter()
        while time.perf_counter() - start < TIMEOUT:
            if text in self.page():
                return time.perf_counter() - start
            time.sleep(0.01)
        raise BenchError(f"http://localhost:{self.port} does not show {text!r} after {TIMEOUT} s")

    def change(self) -> float:
        """Change the code, and return the seconds until the page shows it."""
        self.number += 1
        time.sleep(SETTLE + self.number / CHANGES)
        name = f"Changed {self.number} times"
        self.settings.write_text(re.sub('PROJECT_NAME = ".*"', f'PROJECT_NAME = "{name}"', self.settings.read_text()))
        return self.wait(name)


def measure(resources: Resources) -> list[Sample]:
    """Measure changes without Docker and, if there is an engine, with it."""

    def changes(title: str, served: Served) -> list[Sample]:
        served.wait("Project Name")
        return in_turns(CHANGES, [title], lambda title: Sample("change", title, {"seconds": served.change()}))

    with started(resources) as served:
        samples = changes("make start", served)
    if reason := missing_engine():
        print(f"Without Docker: {reason}")
        return samples
    with compose(empty(resources.folder / "compose")) as project:
        project.make("build")
        views = project.folder / project.folder.name / "core/views.py"

        def build(subject: str) -> Sample:
            with views.open("a") as file:
                file.write(f"\nCHANGED = {time.time()}\n")
            start = time.perf_counter()
            project.make("build")
            return Sample("build", subject, {"seconds": time.perf_counter() - start})

        samples += in_turns(resources.settings.rounds, ["ours"], build)
        project.make("first-run", YES="1")
        project.make("rund")
        return samples + changes("make rund", Served(project.folder, project.django_port))


@contextlib.contextmanager
def started(resources: Resources) -> Iterator[Served]:
    """Serve the project as `make start` does while the block runs."""
    project, port = development(resources.folder / "development"), free_port()
    # `make install` has nothing left to do.
    (project.folder / ".venv/installed.txt").write_text((project.folder / "requirements/dev.txt").read_text())
    with (resources.logs / "start.log").open("w") as log:
        process = subprocess.Popen(
            ["bin/start"], cwd=project.folder, env=project.environment | {"DJANGO_PORT": str(port)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    with stopped_afterwards(process):
        yield Served(project.folder, port)


@contextlib.contextmanager
def compose(folder: Path) -> Iterator[Project]:
    """Give a generated project for Docker Compose, and remove what Compose made when the block ends."""
    project = Project(bake(folder))
    # Root is refused as the user of the container.
    give(project.folder, OWNERS["alpine"])
    try:
        yield project
    finally:
        project.clean_up()


def tables(samples: list[Sample]) -> list[Table]:
    """Return the tables of what was measured."""
    titles = {"change": "From a change of the code to the page", "build": "`make build` after a change of the code"}
    cases = {one.case for one in samples}
    return [comparison(samples, case, ("seconds",), title) for case, title in titles.items() if case in cases]
