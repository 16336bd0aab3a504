"""The servers that the project talks to, each as the value that its Django setting takes."""

import re
from typing import Any

from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from . import parsers
from .env import env


def database(default: str | None = None, conn_max_age: int | None = 0) -> dict[str, Any]:
    """Return an entry of ``DATABASES`` for ``DATABASE_URL``; the options in the URL win.

    Args:
        default: the URL to use where the variable is not set; None makes it required.
        conn_max_age: seconds that a thread keeps its connection; None for as long as it answers.
    """
    otherwise: dict[str, Any] = {"default": parsers.database_url(default)} if default else {}
    config: dict[str, Any] = (env.parse("DATABASE_URL", parsers.database_url, **otherwise) or {}) | {
        "CONN_MAX_AGE": conn_max_age,
        # Each request first asks whether the connection still answers, and replaces it if not.
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": env.bool("DATABASE_TRANSACTION_POOLING", default=False),
    }
    if password := env.str("DATABASE_PASSWORD", default=None):
        config["PASSWORD"] = password
    match config.get("ENGINE"):
        case "django.db.backends.postgresql" | "django.contrib.gis.db.backends.postgis":
            config["OPTIONS"] = postgresql_options() | config.get("OPTIONS", {})
        case "django.db.backends.sqlite3":
            config["OPTIONS"] = sqlite_options() | config.get("OPTIONS", {})
    return config


def postgresql_options() -> dict[str, Any]:
    """Return options for psycopg that end a request whose server is gone without a word.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES
    """
    return {
        "connect_timeout": 5,  # seconds
        # While an answer is awaited, ask after ten seconds and twice more whether the server is there.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        # Milliseconds that the server may take to acknowledge what it was sent.
        "tcp_user_timeout": 10_000,
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

    Args:
        url: ``redis://host:6379/0``, or ``rediss://`` for TLS; ``REDIS_PASSWORD`` wins over a password in it.
    """
    options: dict[str, Any] = {
        # Seconds: when Redis hangs, the pages must not.
        "socket_connect_timeout": 0.25,
        "socket_timeout": 0.25,
        # A connection that the server has closed is replaced; a server that is slow is not asked again.
        "retry": Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
    }
    if password := env.str("REDIS_PASSWORD", default=None):
        # A password in the URL would win.
        url = re.sub(r"(?<=//)([^:@/]*):[^/]*@", r"\1@", url or "")
        options["password"] = password
    return {
        "BACKEND": "{{ cookiecutter.django_project_name }}.core.cache.RedisCache",
        "LOCATION": url,
        "OPTIONS": options,
    }


def smtp(host: str) -> dict[str, Any]:
    """Return an entry of ``MAILERS`` for an SMTP server.

    https://docs.djangoproject.com/en/6.1/topics/email/#smtp-backend

    Args:
        host: the server's name; the other ``EMAIL_`` variables tell how to talk to it. ``off``: no email is sent.
    """
    if host == "off":
        return {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    use_ssl = env.bool("EMAIL_USE_SSL", default=False)
    if use_ssl and env.bool("EMAIL_USE_TLS", default=False):
        env.malformed["EMAIL_USE_TLS"] = "It cannot be true together with EMAIL_USE_SSL."
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": host,
            "port": env.parse("EMAIL_PORT", parsers.integer(1, 65535), default=25),
            "username": env.str("EMAIL_HOST_USER", default=""),
            "password": env.str("EMAIL_HOST_PASSWORD", default=""),
            "use_tls": env.bool("EMAIL_USE_TLS", default=False),
            "use_ssl": use_ssl,
            # Seconds: when the mail server hangs, the page that sends a mail must not.
            "timeout": 10,
        },
    }
