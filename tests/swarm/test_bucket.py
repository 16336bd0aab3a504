"""A bucket on the site's own server: media files move there from the volume, and outlive its container."""

import re
import shutil

import pytest

from support.engine import docker

pytestmark = [
    pytest.mark.site,
    pytest.mark.long,
    # the other site has no bucket
    pytest.mark.parametrize(
        "site", [pytest.param("everything", marks=pytest.mark.xdist_group("everything"))], indirect=True
    ),
]

KEYS = {"DDPT_S3_ACCESS_KEY_ID": "the-key", "DDPT_S3_SECRET_ACCESS_KEY": "the-secret-of-the-key"}
# As SeaweedFS' own image, this one has a wget; the image of the tests has none.
SEAWEEDFS = """FROM chrislusf/seaweedfs:latest
RUN printf '#!/bin/sh\\nexec python3 -c "import sys, urllib.request; urllib.request.urlopen(sys.argv[-1])" "$@"\\n' \\
    >/usr/local/bin/wget && chmod +x /usr/local/bin/wget
"""
STORE = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
print(default_storage.save("Größe.txt", ContentFile(b"of the volume")))
"""
READ = """
import socket, urllib.error, urllib.request
from django.core.files.storage import default_storage
url = default_storage.url("Größe.txt")
print(urllib.request.urlopen(url).read())
try:
    urllib.request.urlopen(url.partition("?")[0])
except urllib.error.HTTPError as error:
    print("without a signature", error.code)
# its other servers ask for no key
print([port for port in (8080, 8888, 9333, 18888) if socket.socket().connect_ex(("seaweedfs", port)) == 0])
"""
# What a browser is given when the bucket has a host name of its own
SIGN = """
from django.conf import settings
from PACKAGE.core.media_storage import MediaStorage
options = settings.STORAGES["default"]["OPTIONS"] | {"endpoint_url": "https://s3.localhost:PORT"}
print(MediaStorage(**options).url("Größe.txt"))
"""


def shell(site, script):
    """Run a script in a container of Django."""
    return docker("exec", site.containers("django")[0], "python", "manage.py", "shell", "--no-imports", "-c", script)


@pytest.fixture
def own_bucket(site):
    """The stack of the bucket, and its keys."""
    deployment = site.project / "deployment"
    stack = deployment / "stacks/seaweedfs.yml"
    image = next(
        line.split()[1] for line in (deployment / "seaweedfs.yml").read_text().splitlines() if "image:" in line
    )
    docker("build", "--quiet", "--tag", image, "-", stdin=SEAWEEDFS)
    shutil.move(deployment / "seaweedfs.yml", stack)
    site.commit("A bucket")
    try:
        site.make("secrets", **KEYS)
        site.make("deploy-seaweedfs")
        yield
    finally:
        docker("service", "rm", site.service("seaweedfs"), check=False)
        site.undo()
        site.make("deploy-caddy", "deploy-django")
        docker("image", "rm", "--force", image, check=False)


def test_media_files_move_to_a_bucket_of_the_site(site, own_bucket):
    assert "Größe.txt" in shell(site, STORE)
    settings = "S3_BUCKET_NAME=media\nS3_ENDPOINT_URL=http://seaweedfs:8333\nS3_REGION_NAME=us-east-1\n"
    production = site.project / "deployment/production.env"
    production.write_text(production.read_text() + settings)
    site.make("deploy-django")
    # Other tests may have uploaded files as well
    assert re.search(r"\b([1-9]\d*) of \1 files were copied", site.make("manage", CMD="media_sync bucket"))
    seen = "b'of the volume'\nwithout a signature 403\n[]\n"
    assert shell(site, READ) == seen
    caddyfile = site.project / "deployment/caddy/Caddyfile"
    caddyfile.write_text(f"{caddyfile.read_text()}\ns3.localhost {{\n    reverse_proxy seaweedfs:8333\n}}\n")
    site.make("deploy-caddy")
    url = shell(site, SIGN.replace("PACKAGE", site.project.name).replace("PORT", str(site.port))).strip()
    path = url.removeprefix(f"https://s3.localhost:{site.port}")
    assert site.ask(path, host="s3.localhost").text == "of the volume"
    assert site.ask(path.partition("?")[0], host="s3.localhost").status == 403
    docker("kill", *site.containers("seaweedfs"))
    site.wait_for("seaweedfs", 1)
    assert shell(site, READ) == seen
    assert re.search(r"\b0 of [1-9]\d* files were copied", site.make("manage", CMD="media_sync bucket"))
