"""What the project is connected to."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import mailers
from django.db import connection
from django.utils.translation import gettext as _

from ..core.email import is_email_on
from ..core.health import cache_answers, database_answers


@dataclass
class Connection:
    """A service and its state."""

    name: str
    kind: str
    ok: bool
    hint: str = ""


def connections() -> list[Connection]:
    """Return the state of each service."""
    return [database_connection(), cache_connection(), mail_connection()]


def database_connection() -> Connection:
    """Return the state of the database."""
    if not database_answers():
        return Connection(_("Database"), connection.display_name, False, _("Is the server running? See DATABASE_URL."))
    version = ".".join(str(part) for part in connection.get_database_version())
    return Connection(_("Database"), f"{connection.display_name} {version}", True)


def cache_connection() -> Connection:
    """Return the state of the cache."""
    backend = settings.CACHES["default"]["BACKEND"].rpartition(".")[2]
    kind = {"RedisCache": "Redis", "LocMemCache": _("local memory")}.get(backend, backend)
    if not cache_answers():
        return Connection(_("Cache"), kind, False, _("Is the server running? See REDIS_URL."))
    return Connection(_("Cache"), kind, True)


def mail_connection() -> Connection:
    """Return the state of the mail server."""
    if not is_email_on():
        return Connection(_("Email"), _("off"), True)
    options: dict[str, Any] = dict(settings.MAILERS["default"]).get("OPTIONS", {})  # type: ignore[assignment]
    if "host" not in options:
        return Connection(_("Email"), _("printed on the console"), True)
    kind = f"SMTP {options['host']}:{options['port']}"
    try:
        with mailers.default:
            return Connection(_("Email"), kind, True)
    except OSError:
        return Connection(_("Email"), kind, False, _("Is the server running? See EMAIL_HOST."))
