"""``manage.py flush_cache``: empty the default cache."""

from typing import Any

from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Empties the default cache, or fails where that does not answer."""

    help = "Empty the default cache."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Empty the cache.

        Raises:
            CommandError: the cache does not answer.
        """
        try:
            cache.clear()
        except Exception as error:
            # Each backend has errors of its own.
            message = f"The cache was not emptied: {error}\nIs the server running? See REDIS_URL."
            raise CommandError(message) from error
        self.stdout.write("The default cache is empty.")
