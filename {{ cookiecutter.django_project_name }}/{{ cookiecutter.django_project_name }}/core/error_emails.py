"""Errors by email, for those who use no service for them."""

import logging
import time
from threading import Thread

from django.conf import settings
from django.core.mail import mail_admins

from .redaction import redact

logger = logging.getLogger(__name__)


class AdminEmailHandler(logging.Handler):
    """Emails a record to ``ADMINS``: in a thread of its own, and each error once an hour and process.

    Unlike Django's own, it sends no settings, no cookies and nothing of a form.
    https://docs.djangoproject.com/en/6.1/howto/error-reporting/
    """

    INTERVAL = 3600  # seconds

    def __init__(self) -> None:
        """Start with no error known."""
        super().__init__()
        self.silent_until: dict[tuple[object, ...], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, if its like was not sent a short time ago."""
        now, place = time.monotonic(), origin(record)
        if not settings.ADMINS or now < self.silent_until.get(place, 0):
            return
        self.silent_until[place] = now + self.INTERVAL
        try:
            subject = redact(f"{record.levelname}: {record.getMessage()}").partition("\n")[0]
            # It is no daemon, so that a command that fails ends after its email.
            Thread(target=send, args=(subject[:200], self.format(record))).start()
        except Exception:
            self.handleError(record)


def origin(record: logging.LogRecord) -> tuple[object, ...]:
    """Return what the records of one fault have in common: the line of code that raised or logged it."""
    error, traceback = record.exc_info[1:] if record.exc_info else (None, None)
    if traceback is None:
        return record.pathname, record.lineno
    while traceback.tb_next:
        traceback = traceback.tb_next
    return type(error), traceback.tb_frame.f_code.co_filename, traceback.tb_lineno


def send(subject: str, body: str) -> None:
    """Send an email to ``ADMINS``; a failure is logged below the level that is sent."""
    try:
        mail_admins(subject, body)
    except Exception:
        logger.warning("An email to ADMINS could not be sent.", exc_info=True)
