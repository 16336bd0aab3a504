"""Log lines: which are written, and how they look in production.

https://docs.djangoproject.com/en/6.1/topics/logging/
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest

from .redaction import redact

# The id of the request that is being answered; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# What every record has; all else was added by `extra`.
# https://docs.python.org/3/library/logging.html#logrecord-attributes
STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime"}


@receiver(request_finished)
def forget_request(**kwargs: Any) -> None:
    """Reset the request id once the response is sent, also one that streams: the thread goes on to other work."""
    request_id.set("")


def writable(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    try:
        json.dumps(value, allow_nan=False)
    except Exception:
        try:
            return str(value)
        except Exception:
            return f"<{type(value).__name__}>"
    return value


def details(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a log line tells of a record, with what was added by ``extra``."""
    extra = {name: writable(value) for name, value in vars(record).items() if name not in STANDARD}
    # Django adds the request, whose text has the query string in it.
    extra = {name: value for name, value in extra.items() if not isinstance(getattr(record, name), HttpRequest)}
    try:
        message = record.getMessage()
    except Exception:  # arguments that do not fit the text, or cannot be written
        message = writable(str(record.msg))
    line = extra | {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": message,
        "request_id": request_id.get(),
    }
    if record.exc_info:
        line["exception"] = logging.Formatter().formatException(record.exc_info)
    if record.stack_info:
        line["stack"] = record.stack_info
    return line


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for a record."""
        line = redact(json.dumps(details(record), ensure_ascii=False))
        # Half of a surrogate pair has no UTF-8; its escape is JSON as well.
        return line.encode(errors="backslashreplace").decode()


class TextFormatter(logging.Formatter):
    """Writes a record for people, with a line for each of its parts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text for a record."""
        return redact("\n".join(f"{name}: {value}" for name, value in details(record).items()))


class NotLivez(logging.Filter):
    """Keeps the development server's lines about ``/livez`` out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written."""
        return " /livez " not in record.getMessage()


class NotServerStart(logging.Filter):
    """Keeps the development server's own addresses out of the log: in Docker, another one is published."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written."""
        message = record.getMessage()
        return "* Running on" not in message and "Press CTRL+C" not in message
