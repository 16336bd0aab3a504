"""Mail in development."""

import io

from django.core.mail import EmailMessage

from ..mail import ConsoleBackend


def test_console_prints_a_long_link_in_one_piece():
    text = "You’ll need this:\nhttp://localhost:8000/accounts/reset/" + "x" * 100
    stream = io.StringIO()
    ConsoleBackend(stream=stream).send_messages([EmailMessage("Hello", text)])
    assert text in stream.getvalue()
