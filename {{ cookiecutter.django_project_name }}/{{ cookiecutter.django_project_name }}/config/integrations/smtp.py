"""Email through an SMTP server."""

from typing import Any

from .. import parsers
from ..env import env


def smtp(host: str) -> dict[str, Any]:
    """Return an entry of ``MAILERS`` for an SMTP server.

    https://docs.djangoproject.com/en/6.1/topics/email/#smtp-backend

    Args:
        host: name of the server, or ``off`` to send no email. The other ``EMAIL_`` variables say how to connect.
    """
    if host == "off":
        return {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    use_tls = env.bool("EMAIL_USE_TLS", default=False)
    use_ssl = env.bool("EMAIL_USE_SSL", default=False)
    if use_tls and use_ssl:
        env.errors["EMAIL_USE_TLS"] = "It cannot be true together with EMAIL_USE_SSL."
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": host,
            "port": env.parse("EMAIL_PORT", parsers.integer(1, 65535), default=25),
            "username": env.str("EMAIL_HOST_USER", default=""),
            "password": env.str("EMAIL_HOST_PASSWORD", default=""),
            "use_tls": use_tls,
            "use_ssl": use_ssl,
            "timeout": 10,  # seconds
        },
    }
