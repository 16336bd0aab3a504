"""All optional services at the same time, each a server of its kind: none is in the way of another, and no page waits for one."""

import pytest

from support.bucket import KEYS
from support.emails import ask_for_password_reset
from support.http_peer import http_peer
from support.processes import until
from support.projects import EVERYTHING, label

pytestmark = [pytest.mark.long, pytest.mark.xdist_group(label(EVERYTHING))]

SETTINGS = """
from PACKAGE.config.production import *
ROOT_URLCONF = "all_urls"
"""
# A page that stores a file, and one that fails
URLS = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.urls import path
from PACKAGE.config.urls import handler500, urlpatterns

def store(request):
    name = default_storage.save("note.txt", ContentFile(b"hello"))
    return HttpResponse(default_storage.open(name).read())

def broken(request):
    raise RuntimeError("broken page")

urlpatterns = [path("store/", store), path("broken/", broken), *urlpatterns]
"""
CREATE_BUCKET = """
from django.core.files.storage import default_storage
default_storage.connection.meta.client.create_bucket(Bucket="bucket")
"""


def test_services_work_side_by_side_and_pages_go_on_without_them(production, bucket_server, tmp_path):
    project = production(EVERYTHING)
    project.create_superuser("everybody", "an-unusual-password-7")
    for name, text in {"all_settings": SETTINGS, "all_urls": URLS}.items():
        (tmp_path / f"{name}.py").write_text(text.replace("PACKAGE", project.installed.name))
    with (
        http_peer(lambda request: (200, b'{"id": "1", "message": "Queued"}')) as mailgun,
        http_peer(lambda request: (200, b'{"id": "1"}')) as sentry,
    ):
        variables = {
            "PYTHONPATH": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "all_settings",
            "EMAIL_HOST": "",
            "MAILGUN_API_KEY": "key",
            "MAILGUN_API_URL": f"http://{mailgun.host}/v3",
            "SENTRY_DSN": f"http://key@{sentry.host}/1",
            "S3_BUCKET_NAME": "bucket",
            "S3_REGION_NAME": "us-east-1",
            "S3_ENDPOINT_URL": bucket_server,
            **KEYS,
        }
        done = project.manage("shell", "--no-imports", "--command", CREATE_BUCKET, **variables)
        assert done.returncode == 0, done.stderr
        with project.gunicorn(**variables) as server:
            assert server.get("/store/").text == "hello"
            assert ask_for_password_reset(server, "everybody@example.com") == 302
            until(lambda: mailgun.requests)
            assert server.get("/broken/").status_code == 500
            until(lambda: sentry.requests)
            mailgun.stop()
            sentry.stop()
            assert ask_for_password_reset(server, "everybody@example.com") == 302
            assert server.get("/broken/").status_code == 500
            assert server.get("/store/").text == "hello"
            assert server.get("/").status_code == 200
