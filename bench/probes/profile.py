"""Run with a project's packages and settings: what the parts of its home page cost, without a server.

Takes the WSGI module, host and path of the page; prints a JSON object with the microseconds of CPU time of each part.
"""

import importlib
import io
import json
import statistics
import sys
import time
from collections.abc import Callable

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

REPEATED = 500
WARM_UP = 100
EMPTY = "bench-empty/"
# More than the caches that a core has to itself.
MEMORY = bytearray(16_000_000)


def request(application: Callable, host: str, path: str) -> int:
    """Have a request to a path answered, and return the status."""
    statuses = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "HTTP_X_FORWARDED_FOR": "203.0.113.7",
        "HTTP_X_FORWARDED_PROTO": "https",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }
    body = application(environ, lambda status, headers, error=None: statuses.append(int(status[:3])))
    b"".join(body)
    body.close()
    return statuses[0]


def microseconds(act: Callable[[], object], between: Callable[[], object] = lambda: None) -> float:
    """Return the median CPU time of something that is done many times, and something else between."""
    times = []
    for number in range(WARM_UP + REPEATED):
        between()
        start = time.process_time_ns()
        act()
        if number >= WARM_UP:
            times.append((time.process_time_ns() - start) / 1000)
    return statistics.median(times)


def main(wsgi: str, host: str, page: str) -> None:
    """Measure the parts and print them."""
    application = importlib.import_module(wsgi).application
    importlib.import_module(settings.ROOT_URLCONF).urlpatterns.insert(0, path(EMPTY, empty))
    for one in (page, f"/{EMPTY}"):
        assert request(application, host, one) == 200, one

    parts = {
        "page": microseconds(lambda: request(application, host, page)),
        "cold": microseconds(lambda: request(application, host, page), between=lambda: bytes(MEMORY)),
        "view": microseconds(lambda: request(application, host, f"/{EMPTY}")),
    }
    settings.MIDDLEWARE = []
    bare = WSGIHandler()
    parts["bare"] = microseconds(lambda: request(bare, host, f"/{EMPTY}"))
    print(json.dumps(parts))


def empty(request: HttpRequest) -> HttpResponse:
    """Answer with nothing."""
    return HttpResponse()


if __name__ == "__main__":
    main(*sys.argv[1:])
