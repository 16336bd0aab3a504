"""From the start of a server to its first page."""

import json
import subprocess
import time

from bench.goals import Goal
from bench.process_tree import cpu_seconds
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns
from bench.samples import Sample, ratio
from bench.server import serve
from bench.subjects.subject import Subject

TITLE = "Start"
ABOUT = """\
From the start of the server's process until its home page has been answered, with bytecode and the disk cache warm, and
the CPU time of all its processes until then; and the import of the WSGI module alone, in a new process: its time and the
modules that it brings.
"""
GOALS = (Goal("start to the first page, of the peer's", 0.5, lambda samples: ratio(samples, "first page", "seconds")),)

IMPORT = """
import importlib, json, sys, time
start = time.perf_counter()
importlib.import_module(sys.argv[1])
print(json.dumps({"seconds": time.perf_counter() - start, "modules": len(sys.modules)}))
"""


def measure(resources: Resources) -> list[Sample]:
    """Start each server and import each application, in turns."""

    def start(subject: Subject) -> Sample:
        with serve(subject, resources.logs) as server:
            figures = {"seconds": server.first_page, "cpu_seconds": cpu_seconds(server.process.pid)}
            return Sample("first page", subject.name, figures)

    subjects = [*resources.compared, resources.plain]
    for subject in subjects:  # warm
        start(subject)
    rounds = resources.settings.rounds + 2  # each takes only seconds
    samples = in_turns(rounds, subjects, start)
    return samples + in_turns(rounds, subjects, imports)


def imports(subject: Subject) -> Sample:
    """Import the WSGI module in a new process."""
    command = [subject.python, "-c", IMPORT, subject.wsgi]
    begin = time.perf_counter()
    done = subprocess.run(
        command, cwd=subject.folder, env=subject.environment, capture_output=True, text=True, check=True
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    return Sample("import", subject.name, figures | {"process_seconds": time.perf_counter() - begin})


def tables(samples: list[Sample]) -> list[Table]:
    """Return the two tables."""
    return [
        comparison(samples, "first page", ("seconds", "cpu_seconds"), title="To the first page"),
        comparison(samples, "import", ("seconds", "process_seconds", "modules"), title="Import of the application"),
    ]
