"""``manage.py migrate_release``: apply the migrations of a release on a database that is in use."""

import json
import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
{%- if cookiecutter.use_s3 is yes %}
from django.core.files.storage import storages
{%- endif %}
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader

logger = logging.getLogger(__name__)

# A number of this command alone
LOCK = 20_080_903


class Command(BaseCommand):
    """Runs ``migrate`` under an advisory lock, and fails fast if a table is in use.

    Django does not prevent two processes from migrating at the same time: https://code.djangoproject.com/ticket/22837
    """

    help = "Apply the migrations under an advisory lock, with a limit on waiting for tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--lock-timeout``."""
        parser.add_argument("--lock-timeout", type=int, default=5, help="seconds to wait for a lock")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the migrations, and print the names of those applied and of all in the code as a line of JSON.

        Raises:
            CommandError: a check failed, another process holds the lock, or a migration failed.
        """
        # Checks with this tag connect to servers: only a release runs them, before it changes anything.
        self.check(tags=["release"], include_deployment_checks=True)
{%- if cookiecutter.use_s3 is yes %}
        # Before a page names them
        if "static_bucket" in storages.backends:
            call_command("upload_static", stdout=self.stdout)
{%- endif %}
        with advisory_lock(options["lock_timeout"]):
            before = applied()
            call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
            names = {"applied": sorted(applied() - before), "known": sorted(known())}
        self.stdout.write(json.dumps(names))


@contextmanager
def advisory_lock(timeout: int) -> Iterator[None]:
    """Hold an advisory lock, on a connection of its own that no migration can close.

    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS

    Raises:
        CommandError: another process holds the lock, or ``DATABASE_URL`` is that of a pooler in transaction mode.
    """
    if connection.vendor != "postgresql":
        yield
        return
    if settings.DATABASE_TRANSACTION_POOLING:
        raise CommandError(
            "A pooler in transaction mode does not keep lock timeouts: connect to PostgreSQL directly.\n"
            "→ DATABASE_TRANSACTION_POOLING=false DATABASE_URL=postgres://(the server) "
            "python manage.py migrate_release"
        )
    guard = connection.copy()
    try:
        # A lock of the transaction is released when the connection is closed.
        guard.set_autocommit(False)
        with guard.cursor() as cursor:
            set_lock_timeout(cursor, timeout)
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        with connection.cursor() as cursor:
            set_lock_timeout(cursor, timeout)
        yield
    except DatabaseError as error:
        message = f"The migrations were not applied: {error}"
        # Who gets errors of the site gets this one too.
        logger.exception("The migrations were not applied.")
        raise CommandError(message) from error
    finally:
        guard.close()


def set_lock_timeout(cursor: CursorWrapper, timeout: int) -> None:
    """Limit waiting for a lock to ``timeout`` seconds, as other statements queue behind one that waits.

    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
    """
    cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{timeout}s"])


def applied() -> set[str]:
    """Return the names of the applied migrations."""
    return {f"{app}.{name}" for app, name in MigrationLoader(connection).applied_migrations}


def known() -> set[str]:
    """Return the names of the migrations in the code."""
    return {f"{app}.{name}" for app, name in MigrationLoader(None).graph.nodes}
