"""``manage.py reset_throttle``: delete all counts of attempts."""

from typing import Any

from django.core.management.base import BaseCommand

from ...models import AttemptCount


class Command(BaseCommand):
    """Deletes all counts of attempts."""

    help = "Delete all counts of failed logins and password resets, so that nobody is locked out."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the counts."""
        deleted, _ = AttemptCount.objects.all().delete()
        self.stdout.write(f"Deleted {deleted} counts: nobody is locked out.")
