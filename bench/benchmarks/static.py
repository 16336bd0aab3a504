"""A static file from the application server, and through Caddy."""

import contextlib

from bench.caddy import file_server, proxy
from bench.goals import Goal
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns, serve_all
from bench.samples import Sample, ratio
from bench.server import Server, serve
from bench.settings import BenchError
from bench.site import HTTPS_PORT, put_load
from bench.subjects.environment import empty

TITLE = "Static files"
ABOUT = """\
The same file of 20 KB, without compression: from the application server alone over HTTP; and over HTTPS from the site on the
Docker Engine, where Caddy serves it, beside a container in which Caddy does nothing but serve that file. cookiecutter-django
serves static files by WhiteNoise, so its proxy passes the request on: here it is another Caddy that does so.
"""
HEADERS = """\
what the site's Caddy does besides: it sends four more headers, looks whether it has the file or Django is to answer, and
passes the request by its access log. Left out by itself, each of these gives 4 to 10 % more.
"""
CONNECTIONS = """\
our gunicorn keeps no connection, so each request opens one here. That gives pages a better p99 (see the servers below), and
costs production nothing: there Caddy serves these files, and keeps no connection to gunicorn either.
"""
GOALS = (
    Goal("static file, application server alone: requests/s, of the peer's", 1, lambda samples: ratio(samples, "app server", "requests_per_second"), at_least=True, limit=CONNECTIONS),
    Goal("static file through the proxy: requests/s, of the peer's", 5, lambda samples: ratio(samples, "proxy", "requests_per_second"), at_least=True),
    Goal("static file through the proxy: requests/s, of Caddy's own file server", 0.9, lambda samples: ratio(samples, "proxy", "requests_per_second", "ours", "file server"), at_least=True, limit=HEADERS),
)  # fmt: skip


def measure(resources: Resources) -> list[Sample]:
    """Put load on the file, in turns."""
    return from_app_servers(resources) + through_caddy(resources)


def from_app_servers(resources: Resources) -> list[Sample]:
    """Request the file from each application server."""
    settings = resources.settings

    def one(server: Server) -> Sample:
        seen, cpu_ms = server.load("static", settings.seconds, settings.connections)
        return Sample("app server", server.subject.name, seen.figures() | {"cpu_ms": cpu_ms})

    with serve_all([*resources.compared, resources.limit], resources.logs) as servers:
        for server in servers:
            server.check("static")
            server.load("static", settings.warm_up, settings.connections)
        return in_turns(settings.rounds, servers, one)


def through_caddy(resources: Resources) -> list[Sample]:
    """Request the file from the site on the engine and from Caddy alone; nothing without an engine."""
    settings = resources.settings
    if not resources.site:
        return []
    path = resources.ours.paths["static"]
    if (status := resources.site.ask(path).status) != 200:
        raise BenchError(f"{resources.site.url}{path} answers {status}")
    folder = empty(resources.folder / "caddy")
    with contextlib.ExitStack() as stack:
        ports = {"ours": HTTPS_PORT}
        paths = {"ours": path, "peer": "", "file server": path}
        if resources.peer:
            paths["peer"] = resources.peer.paths["static"]
            server = stack.enter_context(serve(resources.peer, resources.logs))
            ports["peer"] = stack.enter_context(proxy(folder, server.port, paths["peer"]))
        ports["file server"] = stack.enter_context(file_server(folder, path))

        def one(subject: str) -> Sample:
            seen = put_load(paths[subject], ports[subject], settings.seconds, settings.connections)
            return Sample("proxy", subject, seen.figures())

        for subject in ports:
            put_load(paths[subject], ports[subject], settings.warm_up, settings.connections)
        return in_turns(settings.rounds, list(ports), one)


def tables(samples: list[Sample]) -> list[Table]:
    """Return a table for each way to the file."""
    figures = ("requests_per_second", "p50_ms", "p99_ms", "errors")
    found = [comparison(samples, "app server", ("cpu_ms", *figures), title="From the application server")]
    if any(one.case == "proxy" for one in samples):
        found.append(comparison(samples, "proxy", figures, title="Through Caddy, over HTTPS"))
    return found
