"""Static files in production."""

from collections.abc import MutableMapping

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files that have a hash in their name, and are compressed.

    The URL of a file is the same as long as the process runs, so it is built once and not for each page.
    https://whitenoise.readthedocs.io/en/stable/django.html#add-compression-and-caching-support
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.urls: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """Return the URL of a file."""
        if force or name not in self.urls:
            self.urls[name] = super().url(name, force)
        return self.urls[name]


def add_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """Add what ``SecurityMiddleware`` adds to pages."""
    headers["X-Content-Type-Options"] = "nosniff"
