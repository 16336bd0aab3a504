"""What the load test stores: one row for each id."""

from django.db import models


class Entry(models.Model):
    """An id that somebody posted."""

    name = models.CharField(max_length=32, unique=True)
    size = models.PositiveIntegerField()

    def __str__(self):
        return self.name
