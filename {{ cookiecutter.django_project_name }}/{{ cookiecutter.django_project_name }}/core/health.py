"""The state of what the project needs, for load balancers and monitors."""

import logging
from uuid import uuid4

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when all is well, else 503, and name what is down. The reasons are in the log only."""
    checks = {"database": database_answers(), "cache": cache_answers()}
    checks["migrations"] = checks["database"] and migrations_are_applied()
    return JsonResponse(
        {name: "ok" if ok else "down" for name, ok in checks.items()},
        status=200 if all(checks.values()) else 503,
    )


def database_answers() -> bool:
    """Tell whether the database answers a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("The database does not answer.")
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
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        logger.exception("The migrations cannot be read.")
        return False
