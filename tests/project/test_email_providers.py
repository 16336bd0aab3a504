"""Email by the APIs of providers: each is a server that checks requests as the provider documents them."""

import base64
import email
import json
from email import policy

import pytest

from support.emails import SEND_EMAIL
from support.http_peer import http_peer
from support.projects import EVERYTHING, grouped

ALONE = frozenset({"use_mailgun"})
KEY = "the-secret-key"


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


def sendgrid(request):
    """Answer as SendGrid does: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send"""
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return 401, b'{"errors": [{"message": "The provided authorization grant is invalid"}]}'
    if (
        request.path != "/v3/mail/send"
        or not {"personalizations", "from", "content"} <= json.loads(request.body).keys()
    ):
        return 400, b'{"errors": [{"message": "Bad Request"}]}'
    return 202, b""


def resend(request):
    """Answer as Resend does: https://resend.com/docs/api-reference/emails/send-email"""
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return 401, b'{"statusCode": 401, "name": "validation_error", "message": "API key is invalid"}'
    if request.path != "/emails" or not {"from", "to", "subject"} <= json.loads(request.body).keys():
        return 422, b'{"statusCode": 422, "name": "missing_required_field", "message": "Missing `to` field."}'
    return 200, b'{"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}'


@pytest.fixture(scope="module", params=grouped([EVERYTHING, ALONE], long={ALONE}))
def project(request, production):
    """A project with Mailgun: with everything else, or with nothing else."""
    return production(request.param)


def send(project, **variables):
    """Send an email from the project."""
    done = project.manage("shell", "--no-imports", "--command", SEND_EMAIL, EMAIL_HOST="", **variables)
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
        pytest.param("sendgrid", sendgrid, "/v3/", "api_key", marks=pytest.mark.long),
        pytest.param("resend", resend, "/", "api_key", marks=pytest.mark.long),
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
