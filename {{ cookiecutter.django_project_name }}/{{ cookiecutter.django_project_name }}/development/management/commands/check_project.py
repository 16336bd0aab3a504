"""``manage.py check_project``: Django's own checks, in one process, as its start takes longer than they do."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Runs ``check``, where a warning counts as a failure, and looks for changes of models without a migration."""

    help = "Run the system checks, and look for missing migrations."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run both.

        Raises:
            SystemCheckError: a check found an issue.
            CommandError: a migration is missing.
        """
        call_command("check", fail_level="WARNING")
        try:
            call_command("makemigrations", check_changes=True, dry_run=True)
        except SystemExit as error:
            raise CommandError("Models have changed, and no migration says so.\n→ make makemigrations") from error
