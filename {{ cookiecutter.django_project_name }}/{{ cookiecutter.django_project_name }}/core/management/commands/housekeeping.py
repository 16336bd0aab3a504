"""``manage.py housekeeping``: delete expired rows."""

from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from ...throttle import delete_expired


class Command(BaseCommand):
    """Deletes expired sessions and counts of attempts. The scheduler of production runs it each night.

    https://docs.djangoproject.com/en/6.1/topics/http/sessions/#clearing-the-session-store
    """

    help = "Delete expired sessions and expired counts of attempts."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the rows, and print their number."""
        sessions, _ = Session.objects.filter(expire_date__lt=now()).delete()
        self.stdout.write(f"Deleted {sessions} expired sessions and {delete_expired()} expired counts of attempts.")
