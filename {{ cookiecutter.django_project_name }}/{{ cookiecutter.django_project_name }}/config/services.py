"""The servers that the project talks to, each as the value that its Django setting takes."""

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

from .env import env


def database(default: str | None = None) -> dict[str, Any]:
    """Return an entry of ``DATABASES`` for ``DATABASE_URL``.

    Args:
        default: the URL to use where the variable is not set; None makes it required.
    """
    config: dict[str, Any] = env.dj_db_url("DATABASE_URL", **({"default": default} if default else {})) or {}
    password = env.str("DATABASE_PASSWORD", default=None)
    pool_size = env.int("DATABASE_POOL_MAX_SIZE", default=8)
    statement_timeout = env.int("DATABASE_STATEMENT_TIMEOUT", default=30)
    if password:
        config["PASSWORD"] = password
    match config.get("ENGINE"):
        case "django.db.backends.postgresql":
            config["OPTIONS"] = config.get("OPTIONS", {}) | postgresql_options(pool_size, statement_timeout)
        case "django.db.backends.sqlite3":
            config["OPTIONS"] = config.get("OPTIONS", {}) | sqlite_options()
    return config


def postgresql_options(pool_size: int, statement_timeout: int) -> dict[str, Any]:
    """Return options for psycopg: a connection pool, and limits that keep a slow query from taking the site down.

    A pool rather than a persistent connection per thread, because it bounds what a process takes from the server,
    hands out only connections that answer, and replaces broken ones in the background.
    https://docs.djangoproject.com/en/6.1/ref/databases/#connection-pool

    Args:
        pool_size: the most connections that one process opens.
        statement_timeout: seconds after which the server ends a statement; 0 for never.
    """
    return {
        # Seconds that a request waits for a free connection before it fails; then requests do not pile up.
        "pool": {"min_size": 1, "max_size": pool_size, "timeout": 5},
        "connect_timeout": 5,
        "options": f"-c statement_timeout={statement_timeout}s",
        # Find out within two minutes that the server is gone without a word.
        # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES
        "keepalives_idle": 60,
        "keepalives_interval": 10,
        "keepalives_count": 5,
    }


def sqlite_options() -> dict[str, Any]:
    """Return options that let several threads use one SQLite file.

    https://docs.djangoproject.com/en/6.1/ref/databases/#sqlite-notes
    """
    return {
        # Seconds to wait for another writer before the error "database is locked".
        "timeout": 10,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
    }


def redis_cache(url: str) -> dict[str, Any]:
    """Return an entry of ``CACHES`` for a Redis server.

    An outage of Redis costs speed and nothing else: an error counts as a miss, and is logged. django-redis can do that,
    Django's own backend cannot. https://github.com/jazzband/django-redis#memcached-exceptions-behavior

    Args:
        url: ``redis://host:6379/0``; ``REDIS_PASSWORD`` wins over a password in it.
    """
    password = env.str("REDIS_PASSWORD", default=None)
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            # Seconds: when Redis hangs, the pages must not. One retry replaces a connection that has gone stale;
            # the default of three with pauses between them would hold each page up for seconds.
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 1)},
        }
        | ({"PASSWORD": password} if password else {}),
    }


def smtp(host: str) -> dict[str, Any]:
    """Return an entry of ``MAILERS`` for an SMTP server.

    https://docs.djangoproject.com/en/6.1/topics/email/#smtp-backend

    Args:
        host: the server's name; the other ``EMAIL_`` variables tell how to talk to it. ``off``: no email is sent.
    """
    if host == "off":
        return {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": host,
            "port": env.int("EMAIL_PORT", default=25),
            "username": env.str("EMAIL_HOST_USER", default=""),
            "password": env.str("EMAIL_HOST_PASSWORD", default=""),
            "use_tls": env.bool("EMAIL_USE_TLS", default=False),
            "use_ssl": env.bool("EMAIL_USE_SSL", default=False),
            # Seconds: when the mail server hangs, the page that sends a mail must not.
            "timeout": 10,
        },
    }
