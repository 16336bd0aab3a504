"""Tasks of accounts.

https://docs.djangoproject.com/en/6.1/topics/tasks/
"""

from django.contrib.auth.forms import PasswordResetForm
from django.tasks import task
from django.utils import translation


@task
def send_password_reset(email: str, domain: str, use_https: bool, language: str | None) -> None:
    """Send a password reset link to the users with an email address, if there are any.

    Args:
        email: the email address, as it was typed.
        domain: host name and port in the link.
        use_https: whether the link starts with https.
        language: language code of the email.
    """
    form = PasswordResetForm({"email": email})
    if form.is_valid():
        with translation.override(language):
            form.save(domain_override=domain, use_https=use_https)
