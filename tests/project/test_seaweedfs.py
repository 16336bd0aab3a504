"""A bucket of SeaweedFS, as in development and on servers: uploads, and the recipe for large ones."""

import json
import re

import pytest
import requests

from support.engine import docker, missing_engine
from support.processes import until
from support.projects import EVERYTHING, label

pytestmark = [pytest.mark.docker, pytest.mark.long, pytest.mark.xdist_group(label(EVERYTHING))]

IMAGE = "chrislusf/seaweedfs:latest"
KEYS = {"AWS_ACCESS_KEY_ID": "the-key", "AWS_SECRET_ACCESS_KEY": "the-secret-of-the-key"}


@pytest.fixture(scope="module")
def seaweedfs():
    """The URL of a server that has no bucket yet, with the options of docker-compose.yml."""
    if reason := missing_engine():
        pytest.skip(reason)
    variables = [word for name, value in KEYS.items() for word in ("--env", f"{name}={value}")]
    options = ["-dir=/data", "-bucket=media", "-s3.port=8333", "-admin.ui=false", "-webdav=false"]
    name = docker("run", "--detach", "--publish", "127.0.0.1::8333", *variables, IMAGE, "mini", *options).strip()
    try:
        port = docker("port", name, "8333").splitlines()[0].rpartition(":")[2]
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(url), log=lambda: docker("logs", name, errors=True))
        yield url
    finally:
        docker("rm", "--force", "--volumes", name)


def answers(url):
    try:
        return requests.get(url, timeout=5).status_code == 403  # it wants a signature
    except requests.RequestException:
        return False


@pytest.fixture
def variables(seaweedfs, tmp_path):
    """The variables of a project with that bucket."""
    return {
        "SECRET_KEY": "only-for-tests-" * 5,
        "DOMAIN_NAME": "localhost",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_HOST": "off",
        "S3_BUCKET_NAME": "media",
        "S3_ENDPOINT_URL": seaweedfs,
        "S3_ACCESS_KEY_ID": KEYS["AWS_ACCESS_KEY_ID"],
        "S3_SECRET_ACCESS_KEY": KEYS["AWS_SECRET_ACCESS_KEY"],
    }


def run(project, script, **variables):
    """Run a script in the project and return what it prints."""
    done = project.run(
        project.path / ".venv/bin/python",
        "-c",
        f"import django\ndjango.setup()\n{script}",
        DJANGO_SETTINGS_MODULE=f"{project.name}.config.production",
        **variables,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_media_files_are_private_unless_their_url_is_signed(installed, variables):
    script = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
call_command("check", deploy=True, tags=["release"])
for content in (b"one", b"two"):
    print(default_storage.url(default_storage.save("Größe 🎉.html", ContentFile(content))))
"""
    printed = run(installed(EVERYTHING), script, **variables)
    urls = re.findall("^http.*", printed, re.MULTILINE)
    assert [requests.get(url).text for url in urls] == ["one", "two"]
    assert requests.get(urls[0]).headers["Content-Disposition"] == "attachment"
    assert requests.get(urls[0].partition("?")[0]).status_code == 403


def test_recipe_for_large_uploads(installed, variables):
    project = installed(EVERYTHING)
    [recipe] = re.findall(r"```python\n(.*?def sign_upload.*?)```", (project.path / "README.md").read_text(), re.DOTALL)
    script = f"""
import json
from django.test import RequestFactory
{recipe}
request = RequestFactory().post("/")
request.user = type("User", (), {{"pk": 7, "is_authenticated": True}})()
print(sign_upload(request).content.decode())
"""
    form = json.loads(run(project, script.replace("5 * 1024**3", "10"), **variables))
    assert form["name"].startswith("uploads/7/")

    def send(content, **fields):
        return requests.post(form["url"], form["fields"] | fields, files={"file": ("page.html", content)})

    assert send(b"more than 10 bytes").status_code >= 400
    assert send(b"<script>", **{"Content-Type": "text/html"}).status_code == 403
    assert send(b"<script>", key="media/uploads/8/another").status_code == 403
    assert send(b"<script>").status_code in (200, 204)
    script = f"""
from django.core.files.storage import default_storage
assert default_storage.exists({form["name"]!r})
print(default_storage.url({form["name"]!r}))
"""
    stored = requests.get(run(project, script, **variables).strip())
    assert stored.content == b"<script>"
    assert stored.headers["Content-Disposition"] == "attachment"
    assert stored.headers["Content-Type"] == "application/octet-stream"
