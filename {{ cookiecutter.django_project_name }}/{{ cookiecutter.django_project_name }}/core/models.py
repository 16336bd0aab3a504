"""What the core app keeps in the database."""

from django.db import models


class AttemptCount(models.Model):
    """How often something was tried in a period of time; ``throttle.py`` counts.

    The key is a hash: a table of who tried to log in from where would be personal data.
    """

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Return the count and when it ends."""
        return f"{self.count} until {self.expires}"
