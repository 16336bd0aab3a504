"""The limit of statements.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
"""

from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper


def limit_statements(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Let the server end statements of a new connection after ``DATABASE_STATEMENT_TIMEOUT`` seconds.

    By a statement, because PgBouncer refuses it as an option of the connection. In transaction mode it would be true for
    all who share the server's connection, and so it is left out. A limit in ``DATABASE_URL`` wins.
    """
    options = connection.settings_dict["OPTIONS"].get("options", "")
    if connection.vendor != "postgresql" or settings.DATABASE_TRANSACTION_POOLING or "statement_timeout" in options:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{settings.DATABASE_STATEMENT_TIMEOUT}s"])
