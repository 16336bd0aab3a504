"""Media files in a bucket: uploads through the admin, and what a release says of a bucket that it cannot use."""

import json

import pytest

from support.http_peer import http_peer
from support.projects import EVERYTHING, label

pytestmark = pytest.mark.xdist_group(label(EVERYTHING))

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
    "upload.py": """
import os, urllib.error, urllib.request
import django
django.setup()
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from PACKAGE.users.models import User
from papers.models import Paper

default_storage.connection.meta.client.create_bucket(Bucket="bucket")
call_command("migrate", run_syncdb=True, verbosity=0)
User.objects.create_superuser(email="ada@example.com", password=None)
client = Client(headers={"host": "localhost"})
client.force_login(User.objects.get())

def upload(name, content):
    file = SimpleUploadedFile(name, content, content_type="text/html")
    response = client.post("/admin/papers/paper/add/", {"file": file}, secure=True)
    assert response.status_code == 302, response.content
    return Paper.objects.latest("pk").file

def get(file):
    return urllib.request.urlopen(file.url)

image, other = upload("Größe 🎉.png", b"one"), upload("Größe 🎉.png", b"two")
assert image.name != other.name
assert "Größe_" in image.name
assert (get(image).read(), get(other).read()) == (b"one", b"two")
assert get(image).headers["Content-Type"] == "image/png"
assert get(image).headers["Content-Disposition"] is None
page = get(upload("page.html", b"<script>alert(1)</script>"))
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
}


@pytest.fixture
def variables(tmp_path):
    """The variables of a project with a bucket."""
    return {
        "SECRET_KEY": "only-for-tests-" * 5,
        "DOMAIN_NAME": "localhost",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_HOST": "off",
        "S3_BUCKET_NAME": "bucket",
        "S3_REGION_NAME": "us-east-1",
        "S3_ACCESS_KEY_ID": "the-key",
        "S3_SECRET_ACCESS_KEY": "the-secret-of-the-key",
        "PYTHONPATH": str(tmp_path),
    }


def test_uploads_through_the_admin_are_private_and_run_no_script(installed, bucket_server, variables, tmp_path):
    project = installed(EVERYTHING)
    (tmp_path / "papers").mkdir()
    for name, text in APP.items():
        (tmp_path / name).write_text(text.replace("PACKAGE", project.name))
    variables |= {"S3_ENDPOINT_URL": bucket_server, "DJANGO_SETTINGS_MODULE": "papers_settings"}
    variables["PYTHONPATH"] += f":{project.path}"
    done = project.run(project.path / ".venv/bin/python", str(tmp_path / "upload.py"), **variables)
    assert done.returncode == 0, done.stderr
    # The file of the check is deleted.
    assert done.stdout.count("media/papers/") == 3
    assert "media/check" not in done.stdout


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
def test_policy_allows_images_from_bucket(installed, variables, address):
    project = installed(EVERYTHING)
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
    assert "the-secret-of-the-key" not in done.stdout + done.stderr
    return done.stderr


@pytest.mark.long
def test_release_stops_when_the_bucket_cannot_store_files(installed, bucket_server, variables):
    project = installed(EVERYTHING)
    printed = migrate_release(project, **variables, S3_ENDPOINT_URL=bucket_server)
    assert "(storage.E100) The bucket bucket cannot store files" in printed
    assert "NoSuchBucket" in printed
    refusal = b"<Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist in our records.</Message></Error>"
    with http_peer(lambda request: (403, refusal)) as peer:
        assert "InvalidAccessKeyId" in migrate_release(project, **variables, S3_ENDPOINT_URL=f"http://{peer.host}")
    assert "Could not connect" in migrate_release(project, **variables, S3_ENDPOINT_URL=f"http://{peer.host}")


@pytest.mark.long
def test_release_stops_when_the_server_of_the_bucket_does_not_answer(installed, variables):
    with http_peer(lambda request: (200, b"")) as peer:
        peer.answers.clear()
        printed = migrate_release(installed(EVERYTHING), **variables, S3_ENDPOINT_URL=f"http://{peer.host}")
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


def test_media_files_are_copied_to_the_volume_and_back_by_their_content(installed, bucket_server, variables, tmp_path):
    project, volume = installed(EVERYTHING), tmp_path / "media"
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
