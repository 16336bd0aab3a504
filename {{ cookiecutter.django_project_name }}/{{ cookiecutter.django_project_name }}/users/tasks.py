"""What is done for users outside of requests.

https://docs.djangoproject.com/en/6.1/topics/tasks/
"""

from django.contrib.auth.forms import PasswordResetForm
from django.tasks import task
from django.utils import translation


@task
def send_password_reset(email: str, domain: str, use_https: bool, language: str | None) -> None:
    """Send the users with an email address, if there are any, a link to set a new password.

    Args:
        email: the address, as it was typed.
        domain: host name, and port, of the site in the link.
        use_https: whether the link begins with https.
        language: code of the language to write in.
    """
    form = PasswordResetForm({"email": email})
    if form.is_valid():
        with translation.override(language):
            form.save(domain_override=domain, use_https=use_https)
