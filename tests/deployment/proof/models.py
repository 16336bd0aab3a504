"""What the load test stores: one row for each id, and one more where an id came twice."""

from django.db import models


class Entry(models.Model):
    """An id that somebody posted."""

    name = models.CharField(max_length=32, db_index=True)
    size = models.PositiveIntegerField()

    def __str__(self):
        return self.name
