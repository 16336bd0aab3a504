"""Log lines: which are written, and how they look in production.

https://docs.djangoproject.com/en/6.1/topics/logging/
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

# The id of the request that is being answered; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# What `extra` may add to a line. Anything else stays out, as it may hold a secret.
EXTRA = ("method", "path", "status", "duration_ms", "user_id", "client")


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for a record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
        }
        line |= {name: getattr(record, name) for name in EXTRA if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class NotLivez(logging.Filter):
    """Keeps the development server's lines about ``/livez`` out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written."""
        return " /livez " not in record.getMessage()
