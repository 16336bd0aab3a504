"""Email on the console."""

import io

from django.core.mail import EmailMessage

from ..email import ConsoleBackend


def test_console_prints_long_link_in_one_line():
    text = "You’ll need this:\nhttp://localhost:8000/accounts/reset/" + "x" * 100
    stream = io.StringIO()
    ConsoleBackend(stream=stream).send_messages([EmailMessage("Hello", text)])
    assert text in stream.getvalue()
