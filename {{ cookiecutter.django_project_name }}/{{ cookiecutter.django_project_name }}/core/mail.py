"""Email: whether the site sends any, and how it looks in development.

https://docs.djangoproject.com/en/6.1/topics/email/
"""

from email import policy

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


def is_email_on() -> bool:
    """Tell whether the site sends email: ``EMAIL_HOST=off`` turns it off."""
    return settings.MAILERS["default"]["BACKEND"] != "django.core.mail.backends.dummy.EmailBackend"


class ConsoleBackend(EmailBackend):
    """Prints mails as people read them.

    Django's own prints them as they are sent, where ``=`` cuts a long line in two:
    the link of a password reset would not work when it is copied.
    """

    def write_message(self, message: EmailMessage) -> None:
        """Print one mail."""
        mail = message.message(policy=policy.default.clone(max_line_length=998))
        self.stream.write(f"{mail.as_bytes().decode()}\n{'-' * 79}\n")
