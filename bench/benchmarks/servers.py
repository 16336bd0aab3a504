"""Our project under other servers."""

import os
from importlib.metadata import version
from pathlib import Path

from bench.process_tree import pss_mb
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.rounds import in_turns, serve_all
from bench.samples import Sample
from bench.server import Server
from bench.subjects.environment import install
from bench.subjects.subject import Subject

TITLE = "Application servers"
ABOUT = """\
Our home page, with the same number of processes, under gunicorn as `gunicorn.conf.py` sets it up, with other workers and
options of gunicorn's, and under granian (WSGI) and uvicorn (ASGI). Memory is measured at the end of the load.
"""
GOALS = ()
OTHERS = ("granian", "uvicorn")


def servers(ours: Subject, venv: Path, workers: int) -> list[Subject]:
    """Return our project with each server.

    Args:
        ours: the project as it comes.
        venv: with its packages, granian and uvicorn.
        workers: processes of each server.
    """
    gunicorn = ours.server
    processes = ("--workers", str(workers))
    granian = ("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}", *processes)
    return [
        ours.served_by("gthread, as it comes", *gunicorn),
        ours.served_by("gthread, 2 threads", *gunicorn, "--threads", "2"),
        ours.served_by("gthread, a process a CPU", *gunicorn, "--workers", str(os.cpu_count())),
        ours.served_by(
            "gthread, kept connections", *gunicorn, "--keep-alive", "75", "--worker-connections", "1000"
        ),
        ours.served_by("gthread, reuse_port", *gunicorn, "--reuse-port"),
        ours.served_by("sync", *gunicorn, "--worker-class", "sync", "--threads", "1"),
        ours.served_by(
            "granian", *granian, "--blocking-threads", "4", "--no-access-log", f"{ours.wsgi}:application", venv=venv
        ),
        ours.served_by(
            "uvicorn", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", *processes, "--no-access-log",
            "--factory", "django.core.asgi:get_asgi_application", venv=venv,
        ),
    ]  # fmt: skip


def measure(resources: Resources) -> list[Sample]:
    """Put load on the home page under each server, in turns."""
    settings, ours = resources.settings, resources.ours
    lock = ours.folder / "requirements/base.txt"
    others = [f"{name}=={version(name)}" for name in OTHERS]
    venv = install(resources.folder / "servers-venv", "--requirement", lock, *others)

    def one(server: Server) -> Sample:
        seen, cpu_ms = server.load("home", settings.seconds, settings.connections)
        figures = seen.figures() | {"cpu_ms": cpu_ms, "pss_mb": pss_mb(server.process.pid)}
        return Sample("home", server.subject.name, figures)

    with serve_all(servers(ours, venv, settings.workers), resources.logs) as running:
        for server in running:
            server.check("home")
            server.load("home", settings.warm_up, settings.connections)
        return in_turns(settings.rounds, running, one)


def tables(samples: list[Sample]) -> list[Table]:
    """Return the table of the servers."""
    figures = ("requests_per_second", "cpu_ms", "p50_ms", "p99_ms", "errors", "pss_mb")
    return [comparison(samples, "home", figures, "Our home page under each server")]
