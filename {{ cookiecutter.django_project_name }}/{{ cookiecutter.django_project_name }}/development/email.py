"""Email on the console."""

from email import policy

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class ConsoleBackend(EmailBackend):
    """Prints emails with long lines unbroken, so that a password reset link can be copied."""

    def write_message(self, message: EmailMessage) -> None:
        """Print one email."""
        mail = message.message(policy=policy.default.clone(max_line_length=998))
        self.stream.write(f"{mail.as_bytes().decode()}\n{'-' * 79}\n")
