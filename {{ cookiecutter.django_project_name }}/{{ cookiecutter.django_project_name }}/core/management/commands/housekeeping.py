"""``manage.py housekeeping``: delete rows that nothing reads any more."""

from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from ...throttle import delete_expired


class Command(BaseCommand):
    """Deletes what Django itself leaves behind; each release runs it, and it may be repeated at any time.

    https://docs.djangoproject.com/en/6.1/topics/http/sessions/#clearing-the-session-store
    """

    help = "Delete sessions and counts of attempts that have expired."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the rows, and print how many."""
        sessions, _ = Session.objects.filter(expire_date__lt=now()).delete()
        self.stdout.write(f"Deleted {sessions} expired sessions and {delete_expired()} expired counts of attempts.")
