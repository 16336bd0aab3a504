"""What more connections, more rows and more replicas do."""

import json

from bench.report.table import Table, number, spread
from bench.resources import Resources
from bench.rounds import in_turns
from bench.rows import fill
from bench.samples import Sample, values
from bench.server import serve
from bench.settings import TEMPLATE
from bench.site import HTTPS_PORT, logged, put_load
from bench.subjects.environment import run

TITLE = "Growth"
ABOUT = """\
Our home page with more connections at once; what depends on the number of rows, with as many users, sessions and counted
attempts in PostgreSQL, of the last two a tenth expired; and the home page of the site on the Docker Engine with more
replicas, on the same two cores. A login takes most of its time to hash the password, which the rows do not change.
"""
GOALS = ()
CONNECTIONS = (1, 8, 32, 128, 512)
REPLICAS = (1, 2, 4, 8)
PROBE = TEMPLATE / "bench/probes/rows.py"


def measure(resources: Resources) -> list[Sample]:
    """Measure connections, rows and replicas."""
    return connections(resources) + rows(resources) + replicas(resources)


def connections(resources: Resources) -> list[Sample]:
    """Put load on the home page by more and more connections."""
    settings = resources.settings
    with serve(resources.ours, resources.logs) as server:
        server.load("home", settings.warm_up, settings.connections)

        def one(count: int) -> Sample:
            seen, cpu_ms = server.load("home", settings.seconds, count)
            return Sample("connections", str(count), seen.figures() | {"cpu_ms": cpu_ms})

        return in_turns(1, list(CONNECTIONS), one)


def rows(resources: Resources) -> list[Sample]:
    """Run what depends on the number of rows, in a database that gets more of them."""
    samples, ours, largest = [], resources.ours, resources.settings.rows
    for size in (largest // 100, largest // 10, largest):
        print(f"  filling tables with {size:,} rows", flush=True)
        fill(resources.postgres, ours.environment["DATABASE_URL"].rpartition("/")[2], size)
        for line in run(["python", PROBE], ours.folder, ours.environment | {"PYTHONPATH": "."}).splitlines():
            if line.startswith('{"probe"'):
                seen = json.loads(line)
                print(f"  {size:,} rows, {seen['probe']}: {seen['milliseconds']:.1f} ms", flush=True)
                figures = {"milliseconds": seen["milliseconds"], "queries": seen["queries"]}
                samples.append(Sample(f"{size} rows", seen["probe"], figures, "; ".join(seen["plans"])))
    return samples


def replicas(resources: Resources) -> list[Sample]:
    """Put load on the site with more and more replicas; nothing without an engine."""
    settings, site = resources.settings, resources.site
    if not site:
        return []

    def one(count: int) -> Sample:
        logged(resources.logs, site.make, "scale", REPLICAS=str(count))
        site.wait_for("django", count)
        put_load("/", HTTPS_PORT, settings.warm_up, settings.connections)
        seen = put_load("/", HTTPS_PORT, settings.seconds, settings.connections)
        return Sample("replicas", str(count), seen.figures())

    samples = in_turns(1, list(REPLICAS), one)
    logged(resources.logs, site.make, "scale", REPLICAS="2")
    return samples


def tables(samples: list[Sample]) -> list[Table]:
    """Return a table for each thing that grows."""
    found = []
    figures = {"requests_per_second": "requests/s", "p50_ms": "p50 ms", "p99_ms": "p99 ms", "errors": "errors"}
    for case in ("connections", "replicas"):
        counts = [one.subject for one in samples if one.case == case]
        lines = [[count, *(spread(values(samples, case, count, figure)) for figure in figures)] for count in counts]
        if lines:
            found.append(Table(f"Home page by number of {case}", [case, *figures.values()], lines))
    sizes = list(dict.fromkeys(one.case for one in samples if one.case.endswith(" rows")))
    if sizes:
        probes = list(dict.fromkeys(one.subject for one in samples if one.case == sizes[0]))
        lines = [[probe, *(spread(values(samples, size, probe, "milliseconds")) for size in sizes)] for probe in probes]
        heads = [f"{number(int(size.split()[0]))} rows" for size in sizes]
        found.insert(1, Table("Milliseconds by number of rows", ["", *heads], lines))
        plans = [[one.subject, one.text] for one in samples if one.case == sizes[-1]]
        found.insert(2, Table(f"Query plans at {heads[-1]}, the slowest three", ["", "plan"], plans, texts=True))
    return found
