"""From a clone of the template to the page of its demo."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from bench.goals import Goal
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns
from bench.samples import Sample, middle
from bench.settings import TEMPLATE, BenchError
from bench.subjects.environment import empty
from support.processes import free_port
from support.projects import TOOLS

TITLE = "Demo"
ABOUT = """\
`git clone` of this repository from the disk and `make demo`, until the page of the demo has been answered. Both virtual
environments are made and filled; the packages come from the caches of pip and uv.
"""
GOALS = (Goal("clone to the demo's page, packages cached", 30, lambda samples: middle(samples, "demo", "ours", "seconds"), unit=" s"),)  # fmt: skip
TIMEOUT = 600  # seconds


def measure(resources: Resources) -> list[Sample]:
    """Clone and serve, and once before to fill the caches."""

    def one(subject: str) -> Sample:
        return Sample("demo", subject, {"seconds": demo(empty(resources.folder / "demo"), resources.logs / "demo.log")})

    in_turns(1, ["ours"], one)
    return in_turns(min(2, resources.settings.rounds), ["ours"], one)


def demo(folder: Path, log: Path) -> float:
    """Return the seconds from the clone in an empty folder to the page."""
    port = free_port()
    # As somebody who has not activated the virtual environment of this repository, nor runs a target of its Makefile
    path = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if Path(one) != TOOLS)
    make = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "VIRTUAL_ENV")
    inherited = {name: value for name, value in os.environ.items() if name not in make}
    environment = inherited | {"PATH": path, "DJANGO_PORT": str(port)}
    start = time.perf_counter()
    subprocess.run(["git", "clone", "--quiet", TEMPLATE, folder / "clone"], check=True)
    with log.open("w") as output:
        server = subprocess.Popen(
            ["make", "demo"], cwd=folder / "clone", env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        while time.perf_counter() - start < TIMEOUT:
            if server.poll() is not None:
                raise BenchError(f"make demo ended with status {server.returncode}; see {log}")
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}", timeout=20):
                return time.perf_counter() - start
            time.sleep(0.02)
        raise BenchError(f"make demo served no page within {TIMEOUT} s; see {log}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def tables(samples: list[Sample]) -> list[Table]:
    """Return one table."""
    return [comparison(samples, "demo", ("seconds",), "From `git clone` to the page")]
