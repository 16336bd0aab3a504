"""The health of this process and of what it needs, for load balancers and monitors."""

import logging
from threading import Event
from uuid import uuid4

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from .middleware import GetResponse

logger = logging.getLogger(__name__)

# Set once this process has seen that the database has all migrations: to look them up takes longer than a page.
migrated = Event()


def health(get_response: GetResponse) -> GetResponse:
    """Answer ``/livez`` and ``/readyz`` before anything else does.

    Those who ask know neither the host name nor HTTPS, and ask every few seconds.
    """

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
    """Say that this process serves; nothing is asked that can fail."""
    return HttpResponse("ok", content_type="text/plain")


def readyz() -> HttpResponse:
    """Answer 503 when pages would fail: the database is down or lacks migrations. The reasons are in the log only.

    Without the cache, pages are slower and no more: the state is "degraded", and the status 200.
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
    """Tell whether the database answers a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.error("The database does not answer: %s", error)
        return False
    return True


def cache_answers() -> bool:
    """Tell whether the cache keeps a value: one that ignores errors still loses it."""
    value = uuid4().hex
    try:
        cache.set("readyz", value, timeout=10)
        return bool(cache.get("readyz") == value)
    except Exception:
        # Each backend has errors of its own.
        logger.exception("The cache does not answer.")
        return False


def migrations_are_applied() -> bool:
    """Tell whether the database has every migration of this release."""
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
