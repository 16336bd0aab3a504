"""Servers of email, by SMTP and by Mailgun's API: what arrives, and what happens when they are slow, wrong or down."""

import re
from contextlib import contextmanager

import pytest

from support.emails import SEND_EMAIL, ask_for_password_reset
from support.http_peer import http_peer
from support.processes import until
from support.projects import EVERYTHING, label
from support.smtp_peer import smtp_peer

pytestmark = pytest.mark.xdist_group(label(EVERYTHING))

SECRET = "hunter2-and-more"


@contextmanager
def smtp():
    """Give a server, what a project is told of it, and what the log says of each kind of trouble."""
    with smtp_peer() as peer:
        peer.refuses = True
        yield peer, {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(peer.port)}, ["TimeoutError", "550", "Connection"]


@contextmanager
def mailgun():
    """Give a server that accepts no key, and the same."""
    with http_peer(lambda request: (401, b"Forbidden")) as peer:
        variables = {"MAILGUN_API_URL": f"http://{peer.host}/v3", "MAILGUN_API_KEY": SECRET, "EMAIL_HOST": ""}
        yield peer, variables, ["Timeout", "401", "Connection"]


@pytest.fixture(scope="module")
def project(production):
    """A project with a user who forgets the password."""
    project = production(EVERYTHING)
    project.create_superuser("forgetful", "an-unusual-password-7")
    return project


def test_smtp_server_gets_all_of_an_email(project):
    with smtp_peer() as peer:
        variables = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(peer.port)}
        done = project.manage("shell", "--no-imports", "--command", SEND_EMAIL, **variables)
    assert done.returncode == 0, done.stderr
    [email] = peer.emails
    assert (email["Subject"], email["Reply-To"]) == ("Grüße 🎉", "help@example.com")
    assert (email["From"], email["To"]) == ("Störe <noreply@example.com>", "Ada <ada@example.com>")
    assert email.get_body(("plain",)).get_content().strip() == "Zürich"
    assert email.get_body(("html",)).get_content().strip() == "<p>Zürich</p>"
    [attachment] = email.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content().strip()) == ("Übersicht.txt", "drei €")


@pytest.mark.long
@pytest.mark.parametrize("server_of", [smtp, mailgun])
def test_pages_wait_for_no_server_of_email_and_the_log_tells_what_failed(project, server_of):
    """It is slow, then wrong, then down; each email is one that a password reset sends."""

    def failed():
        return [line for line in server.lines() if "Failed to send password reset email" in line["message"]]

    done = project.manage("reset_throttle")
    assert done.returncode == 0, done.stderr
    with (
        server_of() as (peer, variables, errors),
        project.gunicorn(WEB_CONCURRENCY="1", GUNICORN_THREADS="1", **variables) as server,
    ):
        peer.answers.clear()
        assert ask_for_password_reset(server, "forgetful@example.com") == 302
        # The only thread answers, and the email is given up, while the server has not answered.
        assert server.get("/").status_code == 200
        until(lambda: len(failed()) == 1)
        peer.answers.set()
        assert ask_for_password_reset(server, "forgetful@example.com") == 302
        until(lambda: len(failed()) == 2)
        peer.stop()
        assert ask_for_password_reset(server, "forgetful@example.com") == 302
        until(lambda: len(failed()) == 3)
        log = server.log.read_text()
    found = [re.search(error, line["exception"]) for error, line in zip(errors, failed(), strict=True)]
    assert all(found), log
    assert SECRET not in log
