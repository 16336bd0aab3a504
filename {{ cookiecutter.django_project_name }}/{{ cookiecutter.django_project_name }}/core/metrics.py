"""Metrics for Prometheus: what requests are answered with and how fast, errors, database connections, the cache.

The server of production, ``gunicorn.conf.py``, shows them at ``METRICS_PORT``. Each of its processes counts in a file of its
own in memory, and whichever is asked adds them up: https://prometheus.github.io/client_python/multiprocess/
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

from django.core.signals import got_request_exception
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, MetricsHandler, multiprocess, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# Names the file that this process counts in. With its ID instead, each new process would leave one more file behind:
# https://github.com/prometheus/client_python/issues/509
process = "main"
if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    values.ValueClass = values.MultiProcessValue(lambda: process)

# Clients may send any other word as a method.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

REQUESTS = Histogram(
    "django_request_duration_seconds",
    "Requests by view, method and status, and seconds until their answers began.",
    ["view", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IN_PROGRESS = Gauge("django_requests_in_progress", "Requests that are being answered.", multiprocess_mode="livesum")
THREADS = Gauge("django_request_threads", "Requests that can be answered at once.", multiprocess_mode="livesum")
ERRORS = Counter("django_request_errors", "Exceptions that ended a request, by view.", ["view", "exception"])
CONNECTIONS = Counter("django_database_connections_opened", "Connections to the database that were opened.")
CACHE_READS = Counter("django_cache_reads", "Values that were asked for.", ["result"])
CACHE_HITS, CACHE_MISSES = CACHE_READS.labels("hit"), CACHE_READS.labels("miss")
CACHE_FAILURES = Counter("django_cache_failures", "Operations without the cache, because it was not available.")


def measure(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Count each request, with the time that its answer takes."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        IN_PROGRESS.inc()
        start = time.perf_counter()
        try:
            response = get_response(request)
        finally:
            IN_PROGRESS.dec()
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view_name(request), method, response.status_code).observe(time.perf_counter() - start)
        return response

    return middleware


def view_name(request: HttpRequest) -> str:
    """Return the name of the view of a request, as ``reverse`` knows it; ``none`` where no URL matched, or none was tried."""
    return request.resolver_match.view_name if request.resolver_match else "none"


@receiver(got_request_exception)
def count_error(request: HttpRequest, **kwargs: Any) -> None:
    """Count an exception that a view did not handle."""
    ERRORS.labels(view_name(request), type(sys.exception()).__name__).inc()


@receiver(connection_created)
def count_connection(**kwargs: Any) -> None:
    """Count a connection that a thread opened."""
    CONNECTIONS.inc()


class Release(Collector):
    """Which release runs."""

    def collect(self) -> Iterator[Metric]:
        """Return a series with the name of the release."""
        family = GaugeMetricFamily("django_release_info", "The release that runs.", labels=["release"])
        family.add_metric([os.environ.get("RELEASE", "")], 1)
        yield family


def start_process(number: int, threads: int) -> None:
    """Let this process count in the file with a number, which no process that runs may have.

    It goes on with what a process before it has counted there: counters never fall, and files do not grow in number.
    """
    global process
    process = str(number)
    THREADS.set(threads)


def end_process(number: int) -> None:
    """Forget what a process was doing when it ended, and keep what it has counted."""
    multiprocess.mark_process_dead(number)


def handler() -> type[BaseHTTPRequestHandler]:
    """Return a handler that answers with the metrics of all processes."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    registry.register(Release())
    return MetricsHandler.factory(registry)
