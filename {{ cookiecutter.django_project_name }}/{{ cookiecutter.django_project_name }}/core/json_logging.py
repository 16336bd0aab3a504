"""Log lines as JSON, and the request ID in them.

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

# ID of the current request, or empty
request_id: ContextVar[str] = ContextVar("request_id", default="")

# Attributes of all records; others come from `extra`.
# https://docs.python.org/3/library/logging.html#logrecord-attributes
STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime"}

encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


@receiver(request_finished)
def forget_request(**kwargs: Any) -> None:
    """Reset the request ID after the response, which may be a stream, was sent."""
    request_id.set("")


def writable(value: Any) -> Any:
    """Return a value, or its text if JSON does not support it."""
    try:
        encoder.encode(value)
    except Exception:
        try:
            return str(value)
        except Exception:
            return f"<{type(value).__name__}>"
    return value


def details(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a log line, with those of ``extra``."""
    # Django adds the request, whose text contains the query string.
    extra = {
        name: value
        for name, value in vars(record).items()
        if name not in STANDARD and not isinstance(value, HttpRequest)
    }
    try:
        message = record.getMessage()
    except Exception:  # the arguments do not fit the message
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
    """Formats a record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        fields = details(record)
        try:
            line = encoder.encode(fields)
        except Exception:
            line = encoder.encode({name: writable(value) for name, value in fields.items()})
        line = redact(line)
        # A lone surrogate cannot be encoded as UTF-8; its escape is valid JSON.
        return line.encode(errors="backslashreplace").decode()


class TextFormatter(logging.Formatter):
    """Formats a record as text, with a line for each field."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        return redact("\n".join(f"{name}: {writable(value)}" for name, value in details(record).items()))
