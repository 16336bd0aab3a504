"""Whether the site sends email."""

from django.conf import settings


def is_email_on() -> bool:
    """Return whether the site sends email; ``EMAIL_HOST=off`` turns it off."""
    return settings.MAILERS["default"]["BACKEND"] != "django.core.mail.backends.dummy.EmailBackend"
