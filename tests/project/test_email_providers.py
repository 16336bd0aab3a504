"""Email by the APIs of providers: each is a server that checks requests as the provider documents them."""

import base64
import email
import json
import re
from email import policy

import pytest

from support.http_peer import http_peer
from support.processes import until
from support.projects import EVERYTHING, label

pytestmark = pytest.mark.xdist_group(label(EVERYTHING))

KEY = "the-secret-key"
SEND = """
from django.core.mail import EmailMultiAlternatives
message = EmailMultiAlternatives(
    "Grüße 🎉", "Zürich", "Störe <noreply@example.com>", ["Ada <ada@example.com>"], reply_to=["help@example.com"]
)
message.attach_alternative("<p>Zürich</p>", "text/html")
message.attach("Übersicht.txt", "drei €", "text/plain")
assert message.send() == 1
"""


def form(request):
    """Return the parts of a multipart form, by their names, and the names of files."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts = list(email.message_from_bytes(head + request.body, policy=policy.HTTP).iter_parts())
    fields = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode() for part in parts
    }
    return fields, [part.get_filename() for part in parts if part.get_filename()]


def mailgun(request):
    """Answer as Mailgun does: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages"""
    if request.headers.get("Authorization") != "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode():
        return 401, b"Forbidden"
    if request.path != "/v3/mg.example.com/messages":
        return 404, b'{"message": "Domain not found: example.org"}'
    fields, _ = form(request)
    if not {"from", "to", "subject"} <= fields.keys() or not {"text", "html"} & fields.keys():
        return 400, b"{\"message\": \"Need at least one of 'text', 'html' parameters specified\"}"
    return 200, b'{"id": "<1@mg.example.com>", "message": "Queued. Thank you."}'


def postmark(request):
    """Answer as Postmark does: https://postmarkapp.com/developer/api/email-api"""
    if request.headers.get("X-Postmark-Server-Token") != KEY:
        return 401, b'{"ErrorCode": 10, "Message": "Bad or missing Server API token."}'
    sent = json.loads(request.body)
    if request.path != "/email" or not {"From", "To", "TextBody"} <= sent.keys():
        return 422, b'{"ErrorCode": 300, "Message": "Invalid email request"}'
    return 200, json.dumps({"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": sent["To"]}).encode()


def brevo(request):
    """Answer as Brevo does: https://developers.brevo.com/reference/send-transac-email"""
    if {name.lower(): value for name, value in request.headers.items()}.get("api-key") != KEY:
        return 401, b'{"code": "unauthorized", "message": "Key not found"}'
    if request.path != "/v3/smtp/email" or not {"sender", "to", "subject"} <= json.loads(request.body).keys():
        return 400, b'{"code": "missing_parameter", "message": "sender is missing"}'
    return 201, b'{"messageId": "<1@example.com>"}'


@pytest.fixture(scope="module")
def project(production):
    return production(EVERYTHING)


def send(project, **variables):
    """Send an email from the project."""
    done = project.manage("shell", "--no-imports", "--command", SEND, EMAIL_HOST="", **variables)
    assert done.returncode == 0, done.stderr


def test_mailgun_gets_all_of_an_email(project):
    with http_peer(mailgun) as peer:
        # The region is its host.
        variables = {"MAILGUN_API_URL": f"http://{peer.host}/v3", "MAILGUN_SENDER_DOMAIN": "mg.example.com"}
        send(project, MAILGUN_API_KEY=KEY, **variables)
    [request] = peer.requests
    fields, names = form(request)
    assert fields["subject"] == "Grüße 🎉"
    assert (fields["text"], fields["html"]) == ("Zürich", "<p>Zürich</p>")
    assert "ada@example.com" in fields["to"]
    assert "noreply@example.com" in fields["from"]
    assert fields["h:Reply-To"] == "help@example.com"
    assert fields["attachment"] == "drei €"
    assert names == ["Übersicht.txt"]


@pytest.mark.parametrize(
    ("provider", "answer", "path", "option"),
    [
        ("postmark", postmark, "/", "server_token"),
        ("brevo", brevo, "/v3/", "api_key"),
    ],
)
def test_another_provider_is_two_variables(project, provider, answer, path, option):
    with http_peer(answer) as peer:
        options = {option: KEY, "api_url": f"http://{peer.host}{path}"}
        send(project, EMAIL_PROVIDER=provider, EMAIL_PROVIDER_OPTIONS=json.dumps(options))
    [request] = peer.requests
    text = request.body.decode()
    for part in ("Grüße 🎉", "Zürich", "<p>Zürich</p>", "ada@example.com", "help@example.com", "Übersicht.txt"):
        assert part in text or json.dumps(part)[1:-1] in text
    assert base64.b64encode("drei €".encode()).decode() in text


@pytest.mark.parametrize("options", ["{}", '{"server_tokn": "hunter2"}'])
def test_check_tells_which_option_a_provider_lacks(project, options):
    done = project.manage("check", EMAIL_PROVIDER="postmark", EMAIL_PROVIDER_OPTIONS=options)
    assert done.returncode == 1
    assert "mail.E100) No email can be sent" in done.stderr
    assert "server_token" in done.stderr.lower()
    assert "hunter2" not in done.stderr


def ask_for_password_reset(server, address):
    """Send the form of the page, and return the status of its answer."""
    path = "/accounts/password_reset/"
    page = server.get(path)
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    fields = {"csrfmiddlewaretoken": token, "email": address}
    return server.post(path, fields, Cookie=cookie, Referer=f"https://localhost{path}").status_code


@pytest.mark.long
def test_pages_do_not_wait_for_a_provider_that_is_slow_and_the_log_tells_what_failed(project):
    """It is slow, then wrong, then down; each email is one that a password reset sends."""
    project.create_superuser("mailed", "an-unusual-password-7")
    failed = []

    def failures():
        failed[:] = [line for line in server.lines() if "Failed to send password reset email" in line["message"]]
        return len(failed)

    with http_peer(mailgun) as peer:
        variables = {"MAILGUN_API_URL": f"http://{peer.host}/v3", "MAILGUN_SENDER_DOMAIN": "mg.example.com"}
        with project.gunicorn(MAILGUN_API_KEY="hunter2", WEB_CONCURRENCY="1", **variables) as server:
            peer.answers.clear()
            assert ask_for_password_reset(server, "mailed@example.com") == 302
            until(lambda: peer.requests)
            assert server.get("/").status_code == 200
            # It gives up by itself, as the server has not answered yet.
            until(lambda: failures() == 1)
            peer.answers.set()
            assert ask_for_password_reset(server, "mailed@example.com") == 302
            until(lambda: failures() == 2)
            peer.stop()
            assert ask_for_password_reset(server, "mailed@example.com") == 302
            until(lambda: failures() == 3)
            log = server.log.read_text()
    assert [re.search(r"Timeout|401|Connection", line["exception"])[0] for line in failed] == [
        "Timeout",
        "401",
        "Connection",
    ]
    assert "hunter2" not in log
