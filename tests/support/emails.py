"""Emails that a project sends: one with everything in it, and that of a password reset."""

import re

from support.installed import Server

# A script for ``manage.py shell``
SEND_EMAIL = """
from django.core.mail import EmailMultiAlternatives
message = EmailMultiAlternatives(
    "Grüße 🎉", "Zürich", "Störe <noreply@example.com>", ["Ada <ada@example.com>"], reply_to=["help@example.com"]
)
message.attach_alternative("<p>Zürich</p>", "text/html")
message.attach("Übersicht.txt", "drei €", "text/plain")
assert message.send() == 1
"""


def ask_for_password_reset(server: Server, address: str) -> int:
    """Send the form of the page, and return the status of its answer."""
    path = "/accounts/password_reset/"
    page = server.get(path)
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    fields = {"csrfmiddlewaretoken": token, "email": address}
    return server.post(path, fields, Cookie=cookie, Referer=f"https://localhost{path}").status_code
