"""``manage.py require_migrations``: refuse to go on with a database that lacks migrations of this release."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


class Command(BaseCommand):
    """Ends well when every migration is applied; containers run it before they serve."""

    help = "Fail when the database lacks migrations of this release."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the patience be chosen."""
        parser.add_argument("--wait", type=int, default=30, help="seconds to wait for a database that is down")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare the migrations of the code with those in the database.

        Raises:
            CommandError: it names the migrations that are missing, or says that the database does not answer.
        """
        deadline = time.monotonic() + options["wait"]
        while True:
            try:
                executor = MigrationExecutor(connection)
                break
            except OperationalError as error:
                if time.monotonic() > deadline:
                    message = f"The database does not answer: {error}"
                    raise CommandError(message) from error
                time.sleep(1)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            missing = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in plan)
            message = f"The database lacks migrations of this release: {missing}"
            raise CommandError(message)
