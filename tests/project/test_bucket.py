"""Media files in a bucket: uploads through the admin, and what a release says of a bucket that it cannot use."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from support.bucket import KEYS, bucket_variables
from support.http_peer import http_peer
from support.projects import EVERYTHING, grouped

ALONE = frozenset({"use_s3"})

APP = {
    "papers/__init__.py": "",
    "papers/models.py": """
from django.db import models

class Paper(models.Model):
    file = models.FileField(upload_to="papers")
""",
    "papers/admin.py": """
from django.contrib import admin
from .models import Paper

admin.site.register(Paper)
""",
    "papers_settings.py": """
from PACKAGE.config.production import *

INSTALLED_APPS += ["papers"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
""",
    "begin.py": """
import django
django.setup()
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from PACKAGE.users.models import User
from papers.models import Paper

call_command("migrate", run_syncdb=True, verbosity=0)
User.objects.create_superuser(**{User.USERNAME_FIELD: "ada@example.com"}, password=None)
client = Client(headers={"host": "localhost"}, raise_request_exception=False)
client.force_login(User.objects.get())

def upload(name, content):
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post("/admin/papers/paper/add/", {"file": file}, secure=True).status_code
""",
    "upload.py": """
import urllib.error, urllib.request
from begin import *

default_storage.connection.meta.client.create_bucket(Bucket="bucket")

def stored(name, content):
    assert upload(name, content) == 302
    return Paper.objects.latest("pk").file

def get(file):
    return urllib.request.urlopen(file.url)

image, other = stored("Größe 🎉.png", b"one"), stored("Größe 🎉.png", b"two")
assert image.name != other.name
assert "Größe_" in image.name
assert (get(image).read(), get(other).read()) == (b"one", b"two")
assert get(image).headers["Content-Type"] == "image/png"
assert get(image).headers["Content-Disposition"] is None
page = get(stored("page.html", b"<script>alert(1)</script>"))
assert page.headers["Content-Disposition"] == "attachment"
try:
    urllib.request.urlopen(image.url.partition("?")[0])
except urllib.error.HTTPError as error:
    assert error.code == 403
else:
    raise AssertionError("Everybody can read the file")
call_command("check", deploy=True)
print([entry.key for entry in default_storage.bucket.objects.all()])
""",
    "fail.py": """
from begin import *

print(upload("page.html", b"one"), Paper.objects.count(), client.get("/", secure=True).status_code)
""",
}


@pytest.fixture(params=grouped([EVERYTHING, ALONE], long={ALONE}))
def project(request, installed):
    """A project with a bucket: with everything else, or with nothing else."""
    return installed(request.param)


@pytest.fixture
def run_app(project, variables, tmp_path):
    """A function that runs a module of an app with uploads in the project."""
    (tmp_path / "papers").mkdir()
    for name, text in APP.items():
        (tmp_path / name).write_text(text.replace("PACKAGE", project.name))

    def run(module, url):
        settings = {"DJANGO_SETTINGS_MODULE": "papers_settings", "PYTHONPATH": f"{tmp_path}:{project.path}"}
        python = project.path / ".venv/bin/python"
        return project.run(python, str(tmp_path / module), **variables | settings | {"S3_ENDPOINT_URL": url})

    return run


@pytest.fixture
def variables(tmp_path):
    """The variables of a project with a bucket, but for its server."""
    return bucket_variables(tmp_path, "")


def test_uploads_through_the_admin_are_private_and_run_no_script(run_app, bucket_server):
    done = run_app("upload.py", bucket_server)
    assert done.returncode == 0, done.stderr
    # The file of the check is deleted.
    assert done.stdout.count("media/papers/") == 3
    assert "media/check" not in done.stdout


REFUSAL = b"<Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist in our records.</Message></Error>"


@pytest.mark.long
@pytest.mark.parametrize(
    ("trouble", "error"),
    [("slow", "Read timeout"), ("wrong", "Forbidden"), ("down", "Could not connect")],
)
def test_upload_fails_alone_when_the_bucket_is(run_app, trouble, error):
    with http_peer(lambda request: (403, REFUSAL)) as peer:
        if trouble == "slow":
            peer.answers.clear()
        if trouble == "down":
            peer.stop()
        done = run_app("fail.py", f"http://{peer.host}")
    # An error page, nothing in the database, and other pages as ever
    assert done.stdout.splitlines()[-1] == "500 0 200", done.stderr
    assert error in done.stderr
    assert KEYS["S3_SECRET_ACCESS_KEY"] not in done.stdout + done.stderr


ADDRESS = """
from django.conf import settings
from django.core.files.storage import default_storage
print(default_storage.url("a.png"), settings.SECURE_CSP["img-src"][-1])
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "address",
    [
        {"S3_REGION_NAME": ""},
        {"S3_REGION_NAME": "us-east-1"},
        {"S3_REGION_NAME": "eu-central-1"},
        {"S3_ENDPOINT_URL": "http://localhost:9000"},
        {"S3_ENDPOINT_URL": "https://s3.example.com/", "S3_REGION_NAME": "eu-central-1"},
        {"S3_CUSTOM_DOMAIN": "cdn.example.com"},
        {"S3_SIGNED_URLS": "false"},
    ],
)
def test_policy_allows_images_from_bucket(project, variables, address):
    variables |= {"DJANGO_SETTINGS_MODULE": f"{project.name}.config.production"} | address
    done = project.run(
        project.path / ".venv/bin/python", "manage.py", "shell", "--no-imports", "--command", ADDRESS, **variables
    )
    assert done.returncode == 0, done.stderr
    url, allowed = done.stdout.split()
    assert url.startswith(allowed)
    assert ("Signature" in url) == (not {"S3_CUSTOM_DOMAIN", "S3_SIGNED_URLS"} & address.keys())


def migrate_release(project, **variables):
    """Run the first command of a release, and return what it prints."""
    settings = f"{project.name}.config.production"
    python = project.path / ".venv/bin/python"
    done = project.run(python, "manage.py", "migrate_release", DJANGO_SETTINGS_MODULE=settings, **variables)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert KEYS["S3_SECRET_ACCESS_KEY"] not in done.stdout + done.stderr
    return done.stderr


@pytest.mark.long
def test_release_stops_when_the_bucket_cannot_store_files(project, bucket_server, variables):
    printed = migrate_release(project, **variables | {"S3_ENDPOINT_URL": bucket_server})
    assert "(storage.E100) The bucket bucket cannot store files" in printed
    assert "NoSuchBucket" in printed
    with http_peer(lambda request: (403, REFUSAL)) as peer:
        assert "InvalidAccessKeyId" in migrate_release(
            project, **variables | {"S3_ENDPOINT_URL": f"http://{peer.host}"}
        )
    assert "Could not connect" in migrate_release(project, **variables | {"S3_ENDPOINT_URL": f"http://{peer.host}"})


@pytest.mark.long
def test_release_stops_when_the_server_of_the_bucket_does_not_answer(project, variables):
    with http_peer(lambda request: (200, b"")) as peer:
        peer.answers.clear()
        printed = migrate_release(project, **variables | {"S3_ENDPOINT_URL": f"http://{peer.host}"})
    assert "Read timeout" in printed


# Stored in the bucket by another program: a large one in parts, whose ETag is no checksum
STORE = """
import django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
default_storage.connection.meta.client.create_bucket(Bucket="bucket")
default_storage.save("large.bin", ContentFile(bytes(range(256)) * 40_000))
default_storage.save("Größe 🎉.png", ContentFile(b"of the bucket"))
"""


def test_media_files_are_copied_to_the_volume_and_back_by_their_content(project, bucket_server, variables, tmp_path):
    volume = tmp_path / "media"
    python = project.path / ".venv/bin/python"
    settings = {"DJANGO_SETTINGS_MODULE": f"{project.name}.config.production", "MEDIA_ROOT": str(volume)}
    variables |= settings | {"S3_ENDPOINT_URL": bucket_server}

    def sync(target, **other):
        done = project.run(python, "manage.py", "media_sync", target, **variables | other)
        return done.stdout.strip() or done.stderr.strip()

    done = project.run(python, "-c", STORE, **variables)
    assert done.returncode == 0, done.stderr
    assert sync("volume") == "2 of 2 files were copied to the volume."
    assert sync("volume") == "0 of 2 files were copied to the volume."
    assert (volume / "large.bin").read_bytes() == bytes(range(256)) * 40_000
    # The size is the same and the content is not; another file is only here, in a folder.
    (volume / "Größe 🎉.png").write_bytes(b"of the volume")
    (volume / "papers").mkdir()
    (volume / "papers/page.html").write_bytes(b"<script>alert(1)</script>")
    assert sync("bucket") == "2 of 3 files were copied to the bucket."
    assert sync("bucket") == "0 of 3 files were copied to the bucket."
    page = head(project, variables, "media/papers/page.html")
    assert (page["ContentType"], page["ContentDisposition"]) == ("text/html", "attachment")
    for path in (volume / "Größe 🎉.png", volume / "papers/page.html"):
        path.unlink()
    assert sync("volume") == "2 of 3 files were copied to the volume."
    assert (volume / "Größe 🎉.png").read_bytes() == b"of the volume"
    assert "There is no bucket" in sync("bucket", S3_BUCKET_NAME="")
    assert "The media files cannot be copied" in sync("bucket", S3_ENDPOINT_URL="http://127.0.0.1:1")


def head(project, variables, key):
    """Return the headers of a file in the bucket."""
    script = f"""
import django, json
django.setup()
from django.core.files.storage import default_storage
client = default_storage.connection.meta.client
print(json.dumps(client.head_object(Bucket="bucket", Key="{key}"), default=str))
"""
    return json.loads(project.run(project.path / ".venv/bin/python", "-c", script, **variables).stdout)


ADDRESS_OF_STORED = """
import django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
default_storage.connection.meta.client.create_bucket(Bucket="bucket")
print(default_storage.url(default_storage.save("note.txt", ContentFile(b"hello"))))
"""
# As on a server that has none
NO_KEYS = {"S3_ACCESS_KEY_ID": "", "S3_SECRET_ACCESS_KEY": ""}
ROLE = {"AccessKeyId": "the-key-of-the-role", "SecretAccessKey": "secret", "Token": "the-token-of-the-role"}
CLIENT_TOKEN = "signed-by-the-identity-provider"


def instance_metadata(request):
    """Answer as EC2 does in version 2, which is what gives an instance its role.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
    """
    if (request.method, request.path) == ("PUT", "/latest/api/token"):
        return 200, b"the-session"
    if {name.lower(): value for name, value in request.headers.items()}.get(
        "x-aws-ec2-metadata-token"
    ) != "the-session":
        return 401, b""
    if request.path.endswith("/security-credentials/"):
        return 200, b"the-role"
    dates = {"Expiration": "2099-01-01T00:00:00Z", "LastUpdated": "2026-01-01T00:00:00Z"}
    return 200, json.dumps(ROLE | dates | {"Code": "Success", "Type": "AWS-HMAC"}).encode()


def security_token_service(request):
    """Answer as STS does to a token of OpenID Connect.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    sent = {name: value for name, [value] in parse_qs(request.body.decode()).items()}
    if (sent["Action"], sent["WebIdentityToken"]) != ("AssumeRoleWithWebIdentity", CLIENT_TOKEN):
        return 400, b"<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>"
    return (
        200,
        (
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
            f"<AccessKeyId>{ROLE['AccessKeyId']}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
            f"<SessionToken>{ROLE['Token']}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
            "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        ).encode(),
    )


@pytest.mark.long
@pytest.mark.parametrize("identity", ["instance", "OpenID Connect"])
def test_server_takes_a_role_instead_of_keys(project, bucket_server, variables, tmp_path, identity):
    (tmp_path / "token").write_text(CLIENT_TOKEN)
    with http_peer(instance_metadata if identity == "instance" else security_token_service) as peer:
        role = {
            "instance": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{peer.host}"},
            "OpenID Connect": {
                "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/shop",
                "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL_STS": f"http://{peer.host}",
            },
        }[identity]
        settings = {"DJANGO_SETTINGS_MODULE": f"{project.name}.config.production", "S3_ENDPOINT_URL": bucket_server}
        done = project.run(
            project.path / ".venv/bin/python", "-c", ADDRESS_OF_STORED, **variables | NO_KEYS | role | settings
        )
    assert done.returncode == 0, done.stderr
    signed = {name: value for name, [value] in parse_qs(urlsplit(done.stdout.strip()).query).items()}
    assert signed["X-Amz-Credential"].startswith(f"{ROLE['AccessKeyId']}/")
    assert signed["X-Amz-Security-Token"] == ROLE["Token"]
