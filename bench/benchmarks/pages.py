"""Two pages of each subject under load."""

from bench.goals import Goal
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns, serve_all
from bench.samples import Sample, ratio
from bench.server import Server

TITLE = "Pages"
ABOUT = """\
An anonymous client requests the home page and the login page, as fast as they are answered, by `wrk -t1 -c32` with the
headers that a proxy adds. PostgreSQL, Redis and wrk share the machine with the server. The CPU time is that of all
processes of the server, divided by the requests. "startproject" is what Django's own command writes, with the HTML of our
home page as its template, under gunicorn's default worker; "bare function" returns the recorded bytes of our pages from
our gunicorn, without Django.
"""
PAGES = ("home", "login")
COST = """\
the page costs as much as the peer's, and the middleware twice as much: it writes the log of requests, the
Content-Security-Policy and the Permissions-Policy, for which the peer has none. With cold caches, as in a server with more
processes than CPUs, this and the server's own part are the whole time: see below.
"""
THREADS = """\
what is left above the peer's follows from the CPU time, and from threads: requests that a process answers at the same time
share a CPU and all end late. Its single-threaded workers, `sync` below, are closer to it, but there a slow query holds up a
whole process.
"""
GOALS = (
    Goal("home page: CPU, of the peer's", 0.6, lambda samples: ratio(samples, "home", "cpu_ms"), limit=COST),
    Goal("home page: requests/s, of the peer's", 1.5, lambda samples: ratio(samples, "home", "requests_per_second"), at_least=True, limit=COST),
    Goal("home page: p99 at 32 connections, of the peer's", 1, lambda samples: ratio(samples, "home", "p99_ms"), limit=THREADS),
)  # fmt: skip


def measure(resources: Resources) -> list[Sample]:
    """Put load on each page of each subject, in turns."""
    settings = resources.settings
    samples = []
    with serve_all(resources.subjects, resources.logs) as servers:
        for page in PAGES:
            for server in servers:
                server.check(page)
                server.load(page, settings.warm_up, settings.connections)

            def one(server: Server, page: str = page) -> Sample:
                seen, cpu_ms = server.load(page, settings.seconds, settings.connections)
                return Sample(page, server.subject.name, seen.figures() | {"cpu_ms": cpu_ms})

            samples += in_turns(settings.rounds, servers, one)
    return samples


def tables(samples: list[Sample]) -> list[Table]:
    """Return a table for each page."""
    figures = ("requests_per_second", "cpu_ms", "p50_ms", "p99_ms", "errors")
    return [comparison(samples, page, figures, title=f"The {page} page") for page in PAGES]
