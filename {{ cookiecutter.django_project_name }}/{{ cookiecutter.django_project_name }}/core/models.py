"""Models of the core app."""

from django.db import models


class AttemptCount(models.Model):
    """The number of attempts in a period, counted by ``throttle.py``.

    The key is a hash: usernames and IP addresses would be personal data.
    """

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Return the count and the end of its period."""
        return f"{self.count} until {self.expires}"
