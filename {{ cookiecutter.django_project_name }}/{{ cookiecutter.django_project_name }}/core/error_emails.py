"""Emails to ``ADMINS`` about errors."""

import logging
import time
from threading import Thread

from django.conf import settings
from django.core.mail import mail_admins

from .redaction import redact

logger = logging.getLogger(__name__)


class AdminEmailHandler(logging.Handler):
    """Emails records to ``ADMINS`` in a thread, each error once an hour and process.

    Unlike Django's handler, it sends no settings and no data of the request.
    https://docs.djangoproject.com/en/6.1/howto/error-reporting/
    """

    INTERVAL = 3600  # seconds

    def __init__(self) -> None:
        """Start without records."""
        super().__init__()
        self.silent_until: dict[tuple[object, ...], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, unless one from the same line of code was sent within the interval."""
        now, place = time.monotonic(), origin(record)
        if not settings.ADMINS or now < self.silent_until.get(place, 0):
            return
        self.silent_until[place] = now + self.INTERVAL
        try:
            subject = redact(f"{record.levelname}: {record.getMessage()}").partition("\n")[0]
            # Not a daemon: a command that fails exits after its email is sent.
            Thread(target=send, args=(subject[:200], self.format(record))).start()
        except Exception:
            self.handleError(record)


def origin(record: logging.LogRecord) -> tuple[object, ...]:
    """Return the line of code that raised or logged an error."""
    error, traceback = record.exc_info[1:] if record.exc_info else (None, None)
    if traceback is None:
        return record.pathname, record.lineno
    while traceback.tb_next:
        traceback = traceback.tb_next
    return type(error), traceback.tb_frame.f_code.co_filename, traceback.tb_lineno


def send(subject: str, body: str) -> None:
    """Send an email to ``ADMINS``. A failure is only a warning, which is not emailed."""
    try:
        mail_admins(subject, body)
    except Exception:
        logger.warning("The email to ADMINS was not sent.", exc_info=True)
