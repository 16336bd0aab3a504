"""A bucket of SeaweedFS, as in development and on servers: uploads, and the recipe for large ones."""

import json
import re

import pytest
import requests

from support.bucket import KEYS, bucket_variables
from support.engine import docker, missing_engine
from support.processes import until
from support.projects import EVERYTHING, label

pytestmark = [pytest.mark.docker, pytest.mark.long, pytest.mark.xdist_group(label(EVERYTHING))]

IMAGE = "chrislusf/seaweedfs:latest"


@pytest.fixture(scope="module")
def seaweedfs():
    """The URL of a server that has no bucket yet, with the options of docker-compose.yml."""
    if reason := missing_engine():
        pytest.skip(reason)
    keys = {f"AWS_{name.removeprefix('S3_')}": value for name, value in KEYS.items()}
    variables = [word for name, value in keys.items() for word in ("--env", f"{name}={value}")]
    options = ["-dir=/data", "-bucket=bucket", "-s3.port=8333", "-admin.ui=false", "-webdav=false"]
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
    return bucket_variables(tmp_path, seaweedfs, S3_REGION_NAME="")


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


def recipe_of(project, language="python"):
    """Return the code of the recipe in a language."""
    readme = (project.path / "README.md").read_text()
    [code] = [
        code
        for code in re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)
        if "form" in code or "sign_upload" in code
    ]
    return code


def test_recipe_for_large_uploads(installed, variables):
    project = installed(EVERYTHING)
    recipe = recipe_of(project)
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


SETTINGS = """
from PACKAGE.config.production import *
ROOT_URLCONF = "upload_urls"
"""
URLS = """
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from PACKAGE.config.urls import handler500, urlpatterns
RECIPE
policy = settings.SECURE_CSP | {"connect-src": ["'self'", settings.SECURE_CSP["img-src"][-1].rstrip("/")]}

@csp_override(policy)
def page(request):
    return HttpResponse("<input type=file>")

urlpatterns = [path("sign/", csrf_exempt(sign_upload)), path("upload/", page), *urlpatterns]
"""
# A file of 20 MB, and the recipe
UPLOAD = """async () => {
    const form = await (await fetch("/sign/", {method: "POST"})).json()
    const input = {files: [new File([new Uint8Array(20_000_000)], "large.bin")]}
    RECIPE
    return [response.status, form.name]
}"""


def test_browser_sends_a_large_file_to_the_bucket(production, chromium, variables, tmp_path):
    project = production(EVERYTHING)
    package = project.installed.name
    (tmp_path / "upload_settings.py").write_text(SETTINGS.replace("PACKAGE", package))
    urls = URLS.replace("PACKAGE", package).replace("RECIPE", recipe_of(project.installed))
    (tmp_path / "upload_urls.py").write_text(urls)
    bucket = {name: value for name, value in variables.items() if name.startswith("S3_")}
    bucket |= {"DJANGO_SETTINGS_MODULE": "upload_settings", "PYTHONPATH": f"{tmp_path}:{project.installed.path}"}
    name, value = project.session(**bucket).split("=", 1)
    with project.https(**bucket) as server:
        context = chromium.new_context(ignore_https_errors=True)
        context.add_cookies([{"name": name, "value": value, "url": server.address, "secure": True}])
        page = context.new_page()
        wrong = []
        page.on("console", lambda message: wrong.append(message.text))
        page.goto(f"{server.address}/upload/")
        status, stored = page.evaluate(UPLOAD.replace("RECIPE", recipe_of(project.installed, "js")))
        # Elsewhere the policy forbids it
        page.goto(f"{server.address}/accounts/login/")
        forbidden = page.evaluate(f"fetch('{variables['S3_ENDPOINT_URL']}').catch(error => error.message)")
        context.close()
    assert status in (200, 204), wrong
    assert stored.startswith("uploads/")
    assert forbidden == "Failed to fetch"
    script = "from django.core.files.storage import default_storage\n"
    assert run(project.installed, f"{script}print(default_storage.size({stored!r}))", **variables).strip() == "20000000"
