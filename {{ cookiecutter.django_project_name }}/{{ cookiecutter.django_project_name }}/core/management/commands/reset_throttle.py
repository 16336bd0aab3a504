"""``manage.py reset_throttle``: let everybody in again who was locked out."""

from typing import Any

from django.core.management.base import BaseCommand

from ...models import AttemptCount


class Command(BaseCommand):
    """Forgets all attempts that were counted."""

    help = "Forget all failed logins and password resets, so that nobody is locked out."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the counts."""
        deleted, _ = AttemptCount.objects.all().delete()
        self.stdout.write(f"Deleted {deleted} counts: nobody is locked out.")
