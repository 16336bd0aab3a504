"""Parsers of variables, for ``env.parse``: each returns the value, or raises ``ValueError``.

An error says what is expected, and never repeats the value, which may be a secret.
"""

import logging
import re
from collections.abc import Callable
from email.utils import formataddr, parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.ASCII | re.IGNORECASE)

# Options that Django does not pass on to PostgreSQL
DJANGO_OPTIONS = {"assume_role", "isolation_level", "pool", "prepare_threshold", "server_side_binding"}


def items(text: str) -> list[str]:
    """Return the items of a comma-separated list."""
    return [part for item in text.split(",") if (part := item.strip())]


def boolean(text: str) -> bool:
    """Return whether a text means yes."""
    match text.lower():
        case "true" | "yes" | "on" | "1" | "t" | "y":
            return True
        case "false" | "no" | "off" | "0" | "f" | "n":
            return False
    raise ValueError("It must be true or false.")


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a parser of a word that is one of ``choices``."""

    def parser(text: str) -> str:
        if text not in choices:
            message = f"It must be {', '.join(choices[:-1])} or {choices[-1]}."
            raise ValueError(message)
        return text

    return parser


def integer(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """Return a parser of integers from ``minimum`` to ``maximum``, both included."""

    def parser(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not minimum <= int(text) <= (maximum or int(text)):
            limits = f"from {minimum} to {maximum}" if maximum else f"of {minimum} or more"
            message = f"It must be an integer {limits}."
            raise ValueError(message)
        return int(text)

    return parser


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    if not re.fullmatch(r"0|1|[01]?\.[0-9]{1,9}", text) or float(text) > 1:
        raise ValueError("It must be a number from 0 to 1.")
    return float(text)


def secret_key(text: str) -> str:
    """Return a key that ``check --deploy`` accepts.

    https://docs.djangoproject.com/en/6.1/ref/checks/#security
    """
    if len(text) < 50 or len(set(text)) < 5 or text.startswith("django-insecure-"):
        message = (
            "It must have at least 50 random characters: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
        raise ValueError(message)
    return text


def secret_keys(text: str) -> list[str]:
    """Return a comma-separated list of secret keys."""
    return [secret_key(item) for item in items(text)]


def host_name(text: str) -> str:
    """Return a host name."""
    if len(text) > 253 or not HOST_NAME.fullmatch(text):
        raise ValueError("It must be a host name such as www.example.com, without https:// and without a port.")
    return text.lower()


def hosts(text: str) -> list[str]:
    """Return host names as ``ALLOWED_HOSTS`` takes them.

    https://docs.djangoproject.com/en/6.1/ref/settings/#allowed-hosts
    """
    found = items(text)
    for host in found:
        if not (host == "*" or HOST_NAME.fullmatch(host.removeprefix(".")) or re.fullmatch(r"\[[0-9a-f:.]+\]", host)):
            message = "It must be a comma-separated list of host names without ports, such as example.com,.example.org."
            raise ValueError(message)
    if not found:
        raise ValueError("It must have at least one host name, such as example.com.")
    return found


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Return a comma-separated list of IP networks and addresses."""
    try:
        return [ip_network(item, strict=False) for item in items(text)]
    except ValueError:
        message = "It must be a comma-separated list of IP addresses or networks, such as 10.0.0.0/8,192.0.2.7."
        raise ValueError(message) from None


def url_path(text: str) -> str:
    """Return a path for ``path()``: ``admin``, ``/admin`` and ``/admin/`` become ``admin/``."""
    path = text.strip("/")
    if not re.fullmatch(r"[\w~.-]+(/[\w~.-]+)*", path, re.ASCII) or {".", ".."} & set(path.split("/")):
        raise ValueError("It must be the path of a URL, such as back-office/.")
    return f"{path}/"


def http_url(text: str) -> str:
    """Return a URL that starts with ``http://`` or ``https://``."""
    try:
        parts = urlsplit(text)
        good = (
            parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not re.search(r"[\s;,]", text)
        )
    except ValueError:  # a port that is not a number
        good = False
    if not good:
        raise ValueError("It must be a URL such as https://example.com.")
    return text


def database_url(text: str) -> dict[str, Any]:
    """Return an entry of ``DATABASES`` for the URL of a PostgreSQL or SQLite database.

    https://github.com/jazzband/dj-database-url#url-schema
    """
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(text))
    except ValueError:
        config = {}
    options = config.setdefault("OPTIONS", {})
    match config.get("ENGINE", "").rpartition(".")[2]:
        case "sqlite3" | "spatialite":
            named = config["NAME"] != ":memory:" or text == "sqlite://:memory:"
        case "postgresql" | "postgis":
            named = config["NAME"] or options.get("service")
            try:
                make_conninfo(**{name: value for name, value in options.items() if name not in DJANGO_OPTIONS})
            except ProgrammingError:
                raise ValueError("It has an option that PostgreSQL does not have.") from None
        case _:
            raise ValueError("It must be a URL such as postgres://app@db:5432/app.")
    if not named:
        raise ValueError("It must include the name of the database, as in postgres://app@db:5432/app.")
    return config


def redis_url(text: str) -> str:
    """Return the URL of a Redis server."""
    try:
        parts = urlsplit(text)
        good = text.startswith(("redis://", "rediss://", "unix://")) and parts.port != 0
        if good and parts.query:
            # Only for options: a site need not wait for redis-py, which is slow to import, until it uses the cache.
            from redis.connection import parse_url

            parse_url(text)
    except ValueError:  # a port that is not a number, or an option that is not valid
        good = False
    if not good:
        raise ValueError("It must be a URL such as redis://redis:6379/0.")
    return text


def log_level(text: str) -> int:
    """Return the number of a log level."""
    names = logging.getLevelNamesMapping()
    if text.upper() not in names:
        raise ValueError("It must be DEBUG, INFO, WARNING, ERROR or CRITICAL.")
    return names[text.upper()]


def email_address(text: str) -> str:
    """Return an email address, with or without a name."""
    name, address = parseaddr(text)
    try:
        validate_email(address if text.isprintable() else "")
    except ValidationError:
        message = "It must be an email address such as shop@example.com or Shop <shop@example.com>."
        raise ValueError(message) from None
    return formataddr((name, address)) if name else address


def email_addresses(text: str) -> list[str]:
    """Return a comma-separated list of email addresses."""
    return [email_address(item) for item in items(text)]
