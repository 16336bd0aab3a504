"""The time limit for statements of a request.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
"""

from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper


def set_statement_timeout(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Limit statements on a new connection to ``DATABASE_STATEMENT_TIMEOUT`` seconds, if ``DATABASE_URL`` sets no limit.

    PgBouncer refuses the limit as an option of the connection. In transaction mode its clients share connections, so no
    limit is set there.
    """
    options = connection.settings_dict["OPTIONS"].get("options", "")
    if connection.vendor != "postgresql" or settings.DATABASE_TRANSACTION_POOLING or "statement_timeout" in options:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{settings.DATABASE_STATEMENT_TIMEOUT}s"])
