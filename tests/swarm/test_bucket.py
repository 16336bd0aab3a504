"""A bucket on the site's own server: media files move there from the volume, outlive its container, and are in the backups."""

import contextlib
import re
import shutil

import pytest

from support.backups import lose, psql
from support.bucket import KEYS
from support.engine import docker
from support.processes import until

pytestmark = [
    pytest.mark.site,
    pytest.mark.long,
    # the other site has no bucket
    pytest.mark.parametrize(
        "site", [pytest.param("everything", marks=pytest.mark.xdist_group("everything"))], indirect=True
    ),
]

# As SeaweedFS' own image, this one has a wget; the image of the tests has none.
SEAWEEDFS = """FROM chrislusf/seaweedfs:latest
RUN printf '#!/bin/sh\\nexec python3 -c "import sys, urllib.request; urllib.request.urlopen(sys.argv[-1])" "$@"\\n' \\
    >/usr/local/bin/wget && chmod +x /usr/local/bin/wget
"""
# Within the swarm
SETTINGS = "S3_BUCKET_NAME=media\nS3_ENDPOINT_URL=http://seaweedfs:8333\nS3_REGION_NAME=us-east-1\n"
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
EMPTY = "find /srv/media -mindepth 1 -delete"
HEADERS = """
from django.core.files.storage import default_storage
client = default_storage.connection.meta.client
print(client.head_object(Bucket="media", Key="media/page.html")["ContentDisposition"])
"""
# What a browser is given when the bucket has a host name of its own
SIGN = """
from django.conf import settings
from PACKAGE.core.media_storage import MediaStorage
options = settings.STORAGES["default"]["OPTIONS"] | {"endpoint_url": "https://s3.localhost:PORT"}
print(MediaStorage(**options).url("Größe.txt"))
"""


def shell(site, script, **options):
    """Run a script in a container of Django."""
    command = ("python", "manage.py", "shell", "--no-imports", "-c", script)
    return docker("exec", site.containers("django")[0], *command, **options)


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
        site.make("secrets", **{f"DDPT_{name}": value for name, value in KEYS.items()})
        site.make("deploy-seaweedfs")
        yield
    finally:
        # Where it was not deployed, that has been reported.
        with contextlib.suppress(AssertionError):
            lose(site, "seaweedfs", "seaweedfs")
        site.undo()
        site.make("deploy-caddy", "deploy-django", "deploy-backups")
        docker("image", "rm", "--force", image, check=False)


def test_media_files_move_to_a_bucket_of_the_site(site, own_bucket):
    assert "Größe.txt" in shell(site, STORE)
    production = site.project / "deployment/production.env"
    production.write_text(production.read_text() + SETTINGS)
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
    # Seconds after a crash it answers, and does not know yet where its files are.
    until(lambda: shell(site, READ, check=False) == seen)
    assert re.search(r"\b0 of [1-9]\d* files were copied", site.make("manage", CMD="media_sync bucket"))


def test_bucket_that_is_lost_is_restored_from_a_backup(site, own_bucket):
    """With the volume that its files were in before."""
    docker("exec", site.containers("django")[0], "sh", "-c", EMPTY)
    production = site.project / "deployment/production.env"
    production.write_text(production.read_text().replace("BACKUP_BUCKET=no", "BACKUP_BUCKET=yes") + SETTINGS)
    site.make("deploy-django", "deploy-backups")
    for name in ("Größe.txt", "page.html"):
        assert name in shell(site, STORE.replace("Größe.txt", name))
    site.make("backup", "restore-drill")
    docker("service", "scale", f"{site.service('seaweedfs')}=0")
    printed = site.refuse("backup")
    assert "The media files of the bucket media were not copied" in printed
    assert '→ make manage CMD="check --deploy --tag release"' in printed
    lose(site, "seaweedfs", "seaweedfs")
    docker("exec", site.containers("django")[0], "sh", "-c", EMPTY)
    site.make("deploy-seaweedfs")
    [kept] = re.findall(r"DROP DATABASE (\w+);", site.make("restore", YES="1"))
    psql(site, "--command", f"DROP DATABASE {kept}")
    assert "2 of 2 files were copied to the bucket." in site.make("manage", CMD="media_sync bucket")
    assert "b'of the volume'" in shell(site, READ)
    # Nothing that a browser would run, as before
    assert "attachment" in shell(site, HEADERS)
