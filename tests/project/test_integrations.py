"""The optional services, each against a server of its kind on this machine."""

import json
import re
from collections.abc import Iterator

import brotli
import pytest

from support.http_peer import HttpPeer, http_peer
from support.projects import EVERYTHING, label

pytestmark = pytest.mark.xdist_group(label(EVERYTHING))


@pytest.fixture
def recorder() -> Iterator[HttpPeer]:
    """A server that keeps what it was sent."""
    with http_peer(lambda request: (200, b'{"id": "1"}')) as peer:
        yield peer


@pytest.fixture
def run(installed, tmp_path):
    """A function that runs a script in a project that has everything, with production settings."""

    def run(script: str, **variables: str) -> str:
        project = installed(EVERYTHING)
        done = project.run(
            project.path / ".venv/bin/python",
            "-c",
            f"import django\ndjango.setup()\n{script.replace('PACKAGE', project.name)}",
            DJANGO_SETTINGS_MODULE=f"{project.name}.config.production",
            SECRET_KEY="only-for-tests-" * 5,
            DOMAIN_NAME="example.com",
            DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3",
            REDIS_URL="redis://127.0.0.1:1/0",
            EMAIL_HOST="off",
            **variables,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_sentry_gets_the_error_and_no_personal_data(run, recorder):
    script = """
import os, sentry_sdk
from django.conf import settings
from django.core.management import call_command
from django.test import Client, RequestFactory
from PACKAGE.config.wsgi import application
from PACKAGE.core.views import HomeView
from PACKAGE.users.models import User

def fail(self, request):
    sent = request.POST["text"]
    raise RuntimeError("broken page")

HomeView.post = fail
# no static files are collected here, and the page needs none
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
call_command("migrate", verbosity=0)
person = os.environ["PERSON"]
client = Client(raise_request_exception=False, headers={"host": "example.com", "x-forwarded-for": os.environ["ADDRESS"]})
client.force_login(User.objects.create_user(f"{person}@example.com", person, name=person))
assert client.post(f"/?q={person}", {"text": person}, secure=True).status_code == 500
list(application(RequestFactory().get(f"/livez?q={person}").environ, lambda status, headers: None))
sentry_sdk.flush()
"""
    personal = {"PERSON": "ada-lovelace", "ADDRESS": "203.0.113.5"}
    run(
        script,
        SENTRY_DSN=f"http://key@{recorder.host}/1",
        RELEASE="3f2a1bc",
        SENTRY_TRACES_SAMPLE_RATE="1",
        **personal,
    )
    sent = [brotli.decompress(request.body) for request in recorder.requests]
    events = [json.loads(line) for body in sent for line in body.splitlines() if b"broken page" in line]
    assert any(event["release"] == "3f2a1bc" and event["environment"] == "production" for event in events)
    assert any(b'"type":"transaction"' in body for body in sent)
    for text in (*personal.values(), "sessionid="):
        assert text.encode() not in b"".join(sent)


@pytest.mark.parametrize("frame_variables", ["false", "true"])
def test_sentry_gets_neither_the_token_of_a_reset_nor_a_password(run, recorder, frame_variables):
    """In an error of the page that a reset link leads to, while it is opened and while the new password is set."""
    script = """
import logging, os, sentry_sdk
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.management import call_command
from django.test import Client
from django.utils.http import urlsafe_base64_encode
from PACKAGE.users.models import User

settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
call_command("migrate", verbosity=0)
user = User.objects.create_user("ada@example.com", os.environ["PASSWORD"])
link = f"/accounts/reset/{urlsafe_base64_encode(str(user.pk).encode())}/{default_token_generator.make_token(user)}/"
client = Client(raise_request_exception=False, headers={"host": "example.com"})
print(link)

client.get(link.rstrip("/"), secure=True)
client.get(link.rstrip("/") + "./", secure=True)
form = client.get(link, secure=True).headers["Location"]

def fail(*args, **kwargs):
    state = {"form": [{"new_password1": os.environ["PASSWORD"]}]}
    text = f"broken page at https://example.com{link}?x=1"
    logging.getLogger("shop").warning(text)
    raise RuntimeError(text)

AbstractBaseUser.set_password = lambda self, raw_password: fail()
fields = {"new_password1": os.environ["PASSWORD"], "new_password2": os.environ["PASSWORD"]}
assert client.post(form, fields, secure=True).status_code == 500
PasswordResetConfirmView.get_user = fail
assert client.get(link, secure=True).status_code == 500
sentry_sdk.flush()
"""
    link = run(
        script,
        SENTRY_DSN=f"http://key@{recorder.host}/1",
        SENTRY_TRACES_SAMPLE_RATE="1",
        SENTRY_FRAME_VARIABLES=frame_variables,
        PASSWORD="hunter2-and-more",
    )
    token = link.strip().split("/")[-2]
    sent = b"\n".join(brotli.decompress(request.body) for request in recorder.requests)
    events = [json.loads(line) for line in sent.splitlines() if b'"exception":' in line]
    assert {event["transaction"] for event in events} == {"/accounts/reset/{uidb64}/***/"}
    assert len(events) == 2
    assert all("***" in json.dumps(event["breadcrumbs"]) for event in events)
    frames = [
        frame for event in events for one in event["exception"]["values"] for frame in one["stacktrace"]["frames"]
    ]
    assert any("vars" in frame for frame in frames) == (frame_variables == "true")
    assert token.encode() not in sent
    assert b"hunter2" not in sent


def test_sentry_sends_nothing_without_a_dsn(run):
    assert "NonRecordingClient" in run("import sentry_sdk; print(type(sentry_sdk.get_client()))")


def test_media_and_static_files_live_in_the_bucket(run, bucket_server):
    script = """
import json, re, urllib.request
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import call_command
from django.test import Client

options = storages["default"]
client = options.connection.meta.client
client.create_bucket(Bucket="bucket")
public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/static/*"}
client.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [public]}))

name = default_storage.save("note.txt", ContentFile(b"hello"))
assert urllib.request.urlopen(default_storage.url(name)).read() == b"hello"
assert "Signature" in default_storage.url(name)
assert default_storage.save("note.txt", ContentFile(b"other")) != name
default_storage.delete(name)
assert not default_storage.exists(name)

call_command("migrate", verbosity=0)
client.put_object(Bucket="bucket", Key="static/core/style.of-an-older-release.css")
call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["admin", "unfold"])
call_command("migrate_release")
call_command("migrate_release")
page = Client(headers={"host": "example.com"}).get("/", secure=True)
[address] = re.findall(r'href="(http[^"]+/static/core/style\\.[0-9a-f]{12}\\.css)"', page.text)
response = urllib.request.urlopen(address)
assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
assert response.headers["Content-Encoding"] == "gzip"
assert response.headers["Content-Type"] == "text/css"
assert address.rpartition("core/")[0] in page.headers["Content-Security-Policy"]
assert "static/core/style.of-an-older-release.css" in [entry.key for entry in options.bucket.objects.all()]
assert not any("WhiteNoise" in name for name in settings.MIDDLEWARE)
"""
    variables = {
        "S3_BUCKET_NAME": "bucket",
        "S3_ENDPOINT_URL": bucket_server,
        "S3_REGION_NAME": "us-east-1",
        "S3_ACCESS_KEY_ID": "key",
        "S3_SECRET_ACCESS_KEY": "secret",
        "STATIC_FILES": "bucket",
    }
    printed = run(script, **variables)
    uploaded = re.findall(r"(\d+) static files were uploaded, (\d+) were there", printed)
    assert uploaded == [(str(count := int(uploaded[0][0])), "0"), ("0", str(count))]
