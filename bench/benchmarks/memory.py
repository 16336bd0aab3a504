"""Memory of a server after its start and after many requests."""

from bench.goals import Goal
from bench.process_tree import pss_mb, wait_until_idle
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns, serve_all
from bench.samples import Sample, middle, ratio
from bench.server import Server

TITLE = "Memory"
ABOUT = """\
The proportional set size of all processes of the server together: once the first page was answered, after a tenth of the
requests to the home page, and after all. Growth is counted from the tenth on: before it, each process loads what it had
not needed yet.
"""
# A server that leaks grows further; a few percent are the allocator's.
FLAT = 1.05


def growth(samples: list[Sample]) -> float | None:
    """Return by which factor our memory grew from a tenth of the requests to all."""
    tenth, last = (middle(samples, case, "ours", "pss_mb") for case in ("tenth", "all"))
    return last / tenth if tenth and last else None


GOALS = (
    Goal("memory after all requests, of the peer's", 0.7, lambda samples: ratio(samples, "all", "pss_mb")),
    Goal("memory after all requests, of that after a tenth of them", FLAT, growth),
)


def measure(resources: Resources) -> list[Sample]:
    """Measure each server at three points of its life."""
    settings = resources.settings
    with serve_all(resources.compared, resources.logs) as servers:
        done = dict.fromkeys([server.port for server in servers], 0)

        def memory(case: str, requests: int, server: Server) -> Sample:
            while done[server.port] < requests:
                seen, _ = server.load("home", settings.seconds, settings.connections)
                if not seen.requests:
                    break
                done[server.port] += seen.requests
            # Other processes may still load the project when one has answered.
            wait_until_idle(server.process.pid)
            figures = {"pss_mb": pss_mb(server.process.pid), "requests": done[server.port]}
            return Sample(case, server.subject.name, figures)

        samples = []
        for case, requests in (("start", 0), ("tenth", settings.requests // 10), ("all", settings.requests)):
            samples += in_turns(1, servers, lambda server, case=case, requests=requests: memory(case, requests, server))
    return samples


def tables(samples: list[Sample]) -> list[Table]:
    """Return a table for each point."""
    titles = {"start": "After the first page", "tenth": "After a tenth of the requests", "all": "After all requests"}
    return [comparison(samples, case, ("pss_mb", "requests"), title=title) for case, title in titles.items()]
