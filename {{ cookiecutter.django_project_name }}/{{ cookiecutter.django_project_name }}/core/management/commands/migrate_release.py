"""``manage.py migrate_release``: apply the migrations of a release on a database that is in use."""

import json
import logging
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
{%- if cookiecutter.use_s3 is yes %}
from django.core.files.storage import storages
{%- endif %}
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from ...breaking_migrations import breaking_operations

logger = logging.getLogger(__name__)

# Numbers of this command alone: for its process, and for the connection that migrates, which may outlive it
LOCK = 20_080_903
CONNECTION_LOCK = LOCK + 1


class Command(BaseCommand):
    """Runs ``migrate`` under an advisory lock, and fails fast if a table is in use.

    Django does not prevent two processes from migrating at the same time: https://code.djangoproject.com/ticket/22837
    """

    help = "Apply the migrations under an advisory lock, with a limit on waiting for tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--lock-timeout`` and ``--allow``."""
        parser.add_argument("--lock-timeout", type=int, default=5, help="seconds to wait for a lock")
        parser.add_argument(
            "--allow",
            default=os.environ.get("ALLOW_MIGRATIONS", ""),
            help="migrations that may break the running release, such as shop.0002_price,shop.0003_size, or all",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the migrations, and print the names of those applied and of all in the code as a line of JSON.

        Raises:
            CommandError: a check failed, another process holds the lock, a migration would break the running release,
                or one failed.
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
            # The first release breaks no other
            if before and options["allow"] != "all":
                refuse_breaking_migrations(options["allow"].split(","))
            call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
            names = {"applied": sorted(applied() - before), "known": sorted(known())}
        self.stdout.write(json.dumps(names))


def refuse_breaking_migrations(allowed: list[str]) -> None:
    """Refuse migrations that break the code of the running release, but for those that are allowed.

    Raises:
        CommandError: there are such migrations; it names them, and what to do.
    """
    executor = MigrationExecutor(connection)
    loader = executor.loader
    state = loader.project_state([key for key in loader.applied_migrations if key in loader.graph.nodes])
    plan = [migration for migration, _ in executor.migration_plan(loader.graph.leaf_nodes())]
    found = {f"{one.app_label}.{one.name}": problems for one, problems in breaking_operations(state, plan)}
    breaking = {name: problems for name, problems in found.items() if name not in allowed}
    if breaking:
        lines = [f"  {name}: {problem}" for name, problems in breaking.items() for problem in problems]
        raise CommandError(
            "These migrations break the release that runs; its code uses the database until the rollout is done, and "
            "again after a rollback:\n" + "\n".join(lines) + '\ndeployment/README.md, "Change the database", says how '
            "such a change is made in more than one release.\n"
            f"→ to apply them all the same: make deploy ALLOW_MIGRATIONS={','.join(breaking)}"
        )


@contextmanager
def advisory_lock(timeout: int) -> Iterator[None]:
    """Hold an advisory lock on a connection of its own, which no migration can close, and one on the connection that migrates.

    When this process is killed, its last statement may go on for a while, and no other process may migrate meanwhile.
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
            cursor.execute("SELECT pg_advisory_lock(%s)", [CONNECTION_LOCK])
        try:
            yield
        finally:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [CONNECTION_LOCK])
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
