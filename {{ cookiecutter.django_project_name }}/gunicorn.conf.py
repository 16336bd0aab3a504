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
from pathlib import Path
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


class HealthServer(HTTPServer):
    """A server for health checks, in a thread of its own in each process, which share its port.

    Requests may hold all other threads for long, as when they wait for a lock of the database. That is no reason to replace
    the container; a process that is stuck is, and does not answer here either.
    """

    allow_reuse_port = True


class HealthHandler(BaseHTTPRequestHandler):
    """Answers each GET with 204."""

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


def post_worker_init(worker: Any) -> None:
    """Answer health checks as soon as a process has loaded the project."""
    if port := os.environ.get("HEALTHCHECK_PORT"):
        Thread(target=HealthServer(("127.0.0.1", int(port)), HealthHandler).serve_forever, daemon=True).start()
