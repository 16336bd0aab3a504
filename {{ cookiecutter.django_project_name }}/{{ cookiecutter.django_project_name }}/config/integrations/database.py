"""PostgreSQL, or SQLite where no server is set."""

from typing import Any

from .. import parsers
from ..env import env

# A request fails within 20 seconds if the server vanishes without closing the connection.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 5,  # seconds
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,  # milliseconds
}

# Several threads can use one file.
# https://docs.djangoproject.com/en/6.1/ref/databases/#sqlite-notes
SQLITE_OPTIONS = {
    "timeout": 10,  # seconds to wait for another writer
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
}


def database(default: str | None = None, conn_max_age: int | None = 0) -> dict[str, Any]:
    """Return an entry of ``DATABASES`` for ``DATABASE_URL``, whose options override those set here.

    Args:
        default: URL to use if the variable is not set; without it, the variable is required.
        conn_max_age: seconds that a thread keeps its connection; None for no limit.
    """
    fallback: dict[str, Any] = {"default": parsers.database_url(default)} if default else {}
    config: dict[str, Any] = (env.parse("DATABASE_URL", parsers.database_url, **fallback) or {}) | {
        "CONN_MAX_AGE": conn_max_age,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": env.bool("DATABASE_TRANSACTION_POOLING", default=False),
    }
    # A URL that has a password is that of an external database.
    if (password := env.str("DATABASE_PASSWORD", default=None)) and not config.get("PASSWORD"):
        config["PASSWORD"] = password
    match config.get("ENGINE"):
        case "django.db.backends.postgresql" | "django.contrib.gis.db.backends.postgis":
            config["OPTIONS"] = POSTGRESQL_OPTIONS | config.get("OPTIONS", {})
        case "django.db.backends.sqlite3":
            config["OPTIONS"] = SQLITE_OPTIONS | config.get("OPTIONS", {})
    return config
