"""The whole site on the Docker Engine, over HTTPS."""

from bench.goals import Goal
from bench.report.table import Table, spread
from bench.resources import Resources
from bench.rounds import in_turns
from bench.samples import Sample, middle, values
from bench.site import HTTPS_PORT, SERVICES, cpu_by_part, put_load

TITLE = "The whole stack"
ABOUT = """\
The site on the Docker Engine of this machine as `make setup` makes it, with two replicas of Django: Caddy, Django, PostgreSQL
and Redis as services of a swarm. wrk requests the home page over HTTPS on 32 connections, on the same cores. The CPU time is
that of the processes of each service divided by the requests; "engine" is dockerd, which writes the logs.
"""
CORES = """\
Django, Caddy and the engine together take the CPU time below for a request, and wrk what it needs to read them; then both
cores are full, and requests wait for them.
"""
GOALS = (
    Goal("whole stack: requests/s of the home page over HTTPS", 1000, lambda samples: middle(samples, "home", "stack", "requests_per_second"), at_least=True, limit=CORES),
    Goal("whole stack: p99 of the home page over HTTPS", 100, lambda samples: middle(samples, "home", "stack", "p99_ms"), unit=" ms", limit=CORES),
)  # fmt: skip


def measure(resources: Resources) -> list[Sample]:
    """Put load on the home page; nothing without an engine."""
    settings, site = resources.settings, resources.site
    if not site:
        return []

    def one(subject: str) -> Sample:
        before = cpu_by_part(site)
        seen = put_load("/", HTTPS_PORT, settings.seconds, settings.connections)
        used = {part: seconds - before[part] for part, seconds in cpu_by_part(site).items()}
        cpu = {f"{part}_cpu_ms": seconds * 1000 / seen.requests for part, seconds in used.items()}
        return Sample("home", subject, seen.figures() | cpu)

    put_load("/", HTTPS_PORT, settings.warm_up, settings.connections)
    return in_turns(settings.rounds, ["stack"], one)


def tables(samples: list[Sample]) -> list[Table]:
    """Return what the client saw, and where the CPU time went."""
    if not samples:
        return []

    def shown(figure: str) -> str:
        return spread(values(samples, "home", "stack", figure))

    parts = [*SERVICES, "engine"]
    return [
        Table(
            "The home page over HTTPS",
            ["requests/s", "p50 ms", "p99 ms", "errors"],
            [[shown(figure) for figure in ("requests_per_second", "p50_ms", "p99_ms", "errors")]],
        ),
        Table("CPU ms a request", parts, [[shown(f"{part}_cpu_ms") for part in parts]]),
    ]
