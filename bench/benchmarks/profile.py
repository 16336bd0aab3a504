"""What the parts of the home page cost, without a server."""

import json

from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns
from bench.samples import Sample
from bench.settings import TEMPLATE
from bench.subjects.environment import run
from bench.subjects.subject import Subject

TITLE = "Where the time of the home page goes"
ABOUT = """\
The CPU time of a request in a process that does nothing else, without a server: Django's handler with a view that returns
nothing; what all middleware adds to it; what the view, the context processors and the template of the home page add; the
whole. The last column is the whole again, with the caches of the CPU emptied before each request. A server with several
processes on few cores is closer to this: each process finds the caches full of what another one used.
"""
GOALS = ()
PROBE = TEMPLATE / "bench/probes/profile.py"


def measure(resources: Resources) -> list[Sample]:
    """Measure each project that uses Django, in turns."""
    return in_turns(resources.settings.rounds, [*resources.compared, resources.plain], profile)


def profile(subject: Subject) -> Sample:
    """Measure the parts of a project's home page."""
    command: list[str] = ["python", str(PROBE), subject.wsgi, subject.host, subject.paths["home"]]
    printed = run(command, subject.folder, subject.environment | {"PYTHONPATH": "."})
    parts = json.loads(next(line for line in printed.splitlines() if line.startswith('{"page"')))
    figures = {
        "handler_us": parts["bare"],
        "middleware_us": parts["view"] - parts["bare"],
        "page_us": parts["page"] - parts["view"],
        "whole_us": parts["page"],
        "cold_us": parts["cold"],
    }
    return Sample("home", subject.name, figures)


def tables(samples: list[Sample]) -> list[Table]:
    """Return the table of the parts."""
    figures = ("handler_us", "middleware_us", "page_us", "whole_us", "cold_us")
    return [comparison(samples, "home", figures, "CPU time of a request to the home page")]
