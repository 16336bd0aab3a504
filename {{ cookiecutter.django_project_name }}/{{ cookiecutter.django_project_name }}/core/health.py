"""Health checks for load balancers and monitoring, and for containers in development.

Those of containers in production ask a port of their own: see ``HealthHandler`` in ``gunicorn.conf.py``.
"""

import logging
from collections.abc import Callable
from threading import Event
from uuid import uuid4

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

# Set when this process has found no missing migrations; the query is slow.
migrated = Event()


def health(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer ``/livez`` and ``/readyz`` for any host and without HTTPS, before other middleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        match request.path_info:
            case "/livez":
                response = livez()
            case "/readyz":
                response = readyz()
            case _:
                return get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def livez() -> HttpResponse:
    """Answer 200 while this process serves."""
    return HttpResponse("ok", content_type="text/plain")


def readyz() -> HttpResponse:
    """Answer 503 if the database is down or migrations are missing, and log the reason.

    Pages work without the cache: the state is "degraded", and the status 200.
    """
    database = database_answers()
    migrations = database and migrations_are_applied()
    states = {
        "database": "ok" if database else "down",
        "cache": "ok" if cache_answers() else "degraded",
        "migrations": "ok" if migrations else "down",
    }
    return JsonResponse(states, status=200 if migrations else 503)


def database_answers() -> bool:
    """Return whether the database answers a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.error("The database does not answer: %s", error)
        return False
    return True


def cache_answers() -> bool:
    """Return whether the cache stores a value."""
    value = uuid4().hex
    try:
        cache.set("readyz", value, timeout=10)
        return bool(cache.get("readyz") == value)
    except Exception:
        # Each backend has its own exceptions.
        logger.exception("The cache does not answer.")
        return False


def migrations_are_applied() -> bool:
    """Return whether all migrations of this release are applied."""
    if migrated.is_set():
        return True
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        logger.error("The migrations cannot be read: %s", error)
        return False
    if not plan:
        migrated.set()
    return not plan
