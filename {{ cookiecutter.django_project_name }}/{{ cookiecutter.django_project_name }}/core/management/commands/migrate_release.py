"""``manage.py migrate_release``: apply the migrations of a release on a database that is in use."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader

# Any number will do, if nothing else in the database takes a lock by it.
LOCK = 20_080_903


class Command(BaseCommand):
    """Does what ``migrate`` does, one at a time, and rather fails than keeps the site waiting.

    Django takes no lock of its own: two that migrate at once get in each other's way.
    https://code.djangoproject.com/ticket/22837
    """

    help = "Apply the migrations under a lock, and without keeping the site waiting for long."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the limits be chosen."""
        parser.add_argument("--lock-timeout", type=int, default=5, help="seconds to wait for a table that is in use")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the migrations, and end with a line of JSON that names those applied and all that are known.

        Raises:
            CommandError: another process migrates, or a migration failed.
        """
        with alone(options["lock_timeout"]):
            before = applied()
            call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
            names = {"applied": sorted(applied() - before), "known": sorted(known())}
        self.stdout.write(json.dumps(names))


@contextmanager
def alone(timeout: int) -> Iterator[None]:
    """Hold a lock of the whole database, on a connection of its own so that no migration can lose it.

    Raises:
        CommandError: another process migrates, or a pooler would give each statement another connection.
    """
    if connection.vendor != "postgresql":
        yield
        return
    if settings.DATABASE_TRANSACTION_POOLING:
        raise CommandError(
            "Behind a pooler in transaction mode, no limit on waiting for locks holds from one statement to the next.\n"
            "→ DATABASE_TRANSACTION_POOLING=false DATABASE_URL=postgres://(of the server itself) "
            "python manage.py migrate_release"
        )
    guard = connection.copy()
    try:
        # A transaction ends with its connection, whatever is between here and the server, and the lock with it.
        guard.set_autocommit(False)
        with guard.cursor() as cursor:
            limit_waiting(cursor, timeout)
            # it may be held for as long as the migrations take
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        with connection.cursor() as cursor:
            limit_waiting(cursor, timeout)
        yield
    except DatabaseError as error:
        message = f"The migrations were not applied: {error}"
        raise CommandError(message) from error
    finally:
        guard.close()


def limit_waiting(cursor: CursorWrapper, timeout: int) -> None:
    """Let statements time out after ``timeout`` seconds of waiting for a lock: those that come after them wait as well.

    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
    """
    cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{timeout}s"])


def applied() -> set[str]:
    """Return the names of the migrations that the database has."""
    return {f"{app}.{name}" for app, name in MigrationLoader(connection).applied_migrations}


def known() -> set[str]:
    """Return the names of the migrations that the code has."""
    return {f"{app}.{name}" for app, name in MigrationLoader(None).graph.nodes}
