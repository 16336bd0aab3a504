"""Filters for the log of the development server.

https://docs.python.org/3/library/logging.html#filter-objects
"""

import logging


class NoLivez(logging.Filter):
    """Drops requests of ``/livez``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record."""
        return " /livez " not in record.getMessage()


class NoStart(logging.Filter):
    """Drops the URLs that Werkzeug logs when it starts: Docker publishes another port."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record."""
        message = record.getMessage()
        return "* Running on" not in message and "Press CTRL+C" not in message
