"""``manage.py flush_cache``: clear the cache."""

from typing import Any

from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Clears the cache."""

    help = "Clear the cache."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Clear the cache.

        Raises:
            CommandError: the cache is not available.
        """
        try:
            cache.clear()
        except Exception as error:
            # Each backend has its own exceptions.
            message = f"The cache was not cleared: {error}\nIs the server running? See REDIS_URL."
            raise CommandError(message) from error
        self.stdout.write("The cache is empty.")
