"""How gunicorn serves the project in production.

https://gunicorn.org/reference/settings/
"""

import gc
import math
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Thread
from typing import Any

from django.conf import settings
from django.db import connections
from django.urls import get_resolver
from gunicorn.workers.gthread import ThreadWorker

# Settings that lack a variable end gunicorn here, before it has a worker.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.django_project_name }}.config.production")


class Worker(ThreadWorker):
    """A gthread worker that closes its port as soon as it stops to accept.

    gunicorn's own keeps it open until its last request is done, so a client that connects meanwhile is never answered and is
    cut off. A closed port says so at once, and a proxy asks the next container.
    https://github.com/benoitc/gunicorn/issues/2409
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections or stop to; for good, when the worker ends."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()


class OperationsServer(HTTPServer):
    """A server for health checks or metrics, in a thread of its own in each process, which share its port."""

    allow_reuse_port = True


class HealthHandler(BaseHTTPRequestHandler):
    """Answers each health check with 204.

    Requests may hold all other threads for long, as when they wait for a lock of the database. That is no reason to replace
    the container; a process that is stuck is, and does not answer here either.
    """

    def do_GET(self) -> None:
        """Answer, whatever the path."""
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Log nothing: a health check comes every few seconds."""


def cpus() -> float:
    """Return how many CPUs the container may use."""
    try:
        # https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # the container has no limit of its own, which is written "max"
        return os.cpu_count() or 1


wsgi_app = "{{ cookiecutter.django_project_name }}.config.wsgi:application"
bind = "0.0.0.0:8000"

# Each process takes memory and database connections; a container without a limit may have all CPUs of a large server.
workers = int(os.environ.get("WEB_CONCURRENCY") or min(8, max(2, math.ceil(2 * cpus()))))
worker_class = Worker
threads = int(os.environ.get("GUNICORN_THREADS") or 4)

# A process takes a connection only if a thread is free, and closes it after the response. What it accepted beyond that, or
# kept, would wait for its threads while another process is idle.
worker_connections = threads
keepalive = 0

# Workers tell by a file that they are alive: in memory, where a busy disk cannot hold them up.
# https://gunicorn.org/faq/#blocking-os-fchmod
worker_tmp_dir = "/dev/shm"  # noqa: S108
# The processes count requests in files there as well, if they show metrics to Prometheus: core/metrics.py.
if settings.METRICS_PORT and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = mkdtemp(prefix="metrics-", dir=worker_tmp_dir)
# The file system of the container may be read-only.
control_socket_disable = True

# Who is believed when it says that a request came over HTTPS, and how log lines look, as in the settings.
forwarded_allow_ips = ",".join(map(str, settings.TRUSTED_PROXIES))
logconfig_dict = settings.LOGGING

# Seconds to serve on after SIGTERM: proxies hear of a stop only when it has begun, and send requests until then.
drain_seconds = int(os.environ.get("DRAIN_SECONDS") or 0)


def when_ready(server: Any) -> None:
    """Load the project before there are processes, which share that memory, and decide what SIGTERM does."""
    # Garbage collections would take a tenth of the start, and later write to shared memory, which copies it.
    # https://docs.python.org/3/library/gc.html#gc.freeze
    gc.disable()
    # Not by the setting preload_app, which hides where a RuntimeError was raised
    try:
        import_module(wsgi_app.partition(":")[0])
        get_resolver().url_patterns  # noqa: B018  # imports the views
    except Exception:
        server.log.exception("The project could not be loaded.")
        sys.exit(1)
    # A connection that an import has opened must not be shared.
    connections.close_all()
    gc.freeze()
    gc.enable()

    def stop(number: int, frame: Any) -> None:
        """Put off the stop: gunicorn itself closes at once, and refuses connections from then on.

        https://github.com/benoitc/gunicorn/issues/2409
        """
        if os.getpid() != server.pid:
            # A process that has just been forked has no request, and no handler of its own that would end it.
            os._exit(0)
        if drain_seconds:
            signal.alarm(drain_seconds)
        else:
            server.signal(signal.SIGTERM, frame)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, lambda number, frame: server.signal(signal.SIGTERM, frame))


def pre_fork(server: Any, worker: Any) -> None:
    """Number the processes: the next one gets the smallest number that none of those that run has."""
    taken = {one.number for one in server.WORKERS.values()}
    worker.number = next(number for number in count() if number not in taken)


def post_worker_init(worker: Any) -> None:
    """Answer health checks, and Prometheus, as soon as a process has loaded the project."""
    if port := os.environ.get("HEALTHCHECK_PORT"):
        serve(OperationsServer(("127.0.0.1", int(port)), HealthHandler))
    if settings.METRICS_PORT:
        from {{ cookiecutter.django_project_name }}.core import metrics

        metrics.start_process(worker.number, worker.cfg.threads)
        serve(OperationsServer(("", settings.METRICS_PORT), metrics.handler()))


def serve(server: HTTPServer) -> None:
    """Serve in a thread, for as long as the process lives."""
    Thread(target=server.serve_forever, daemon=True).start()


def child_exit(server: Any, worker: Any) -> None:
    """Count no request of a process that has ended as in progress."""
    if settings.METRICS_PORT:
        from {{ cookiecutter.django_project_name }}.core import metrics

        metrics.end_process(worker.number)


def on_exit(server: Any) -> None:
    """Remove what was counted."""
    if settings.METRICS_PORT:
        rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
