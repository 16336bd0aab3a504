"""A bucket in development, which runs beside the site."""

import os
import re
import urllib.error
import urllib.request

import pytest

from support.compose import OWNERS, Project, give
from support.engine import docker
from support.processes import free_port, until
from support.projects import bake

pytestmark = [pytest.mark.parametrize("base_image", ["alpine"], indirect=True), pytest.mark.long]

STORE = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
print(default_storage.url(default_storage.save("note.txt", ContentFile(b"hello"))))
"""


@pytest.fixture
def with_bucket(base_image, tmp_path):
    """A project with a bucket, running."""
    folder = bake(tmp_path, project_name="Awesome Bucket", base_image=base_image, use_s3="y")
    image = re.search(r"chrislusf/seaweedfs:\S+", (folder / "docker-compose.yml").read_text())[0]
    if not docker("image", "ls", "--quiet", image):
        docker("tag", "chrislusf/seaweedfs:latest", image)
    (folder / ".env").write_text(f"COMPOSE_PROFILES=s3\nS3_BUCKET_NAME=media\nSEAWEEDFS_PORT={free_port()}\n")
    if os.geteuid() == 0:
        give(folder, OWNERS[base_image])
    project = Project(folder)
    try:
        project.make("build", timeout=900)
        project.make("rund")
        yield project
    finally:
        project.clean_up()


def fetch(url):
    """Get what the browser gets, for which *.localhost is this machine."""
    host = re.match(r"http://(s3\.localhost:\d+)/", url)[1]
    request = urllib.request.Request(url.replace("s3.localhost", "127.0.0.1"), headers={"Host": host})
    try:
        return urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as error:
        return error.code


def test_media_files_are_in_a_bucket_of_the_project(with_bucket):
    assert "seaweedfs" in with_bucket.running()
    check = [
        "docker",
        "compose",
        "exec",
        "--no-TTY",
        "django",
        "python",
        "manage.py",
        "check",
        "--deploy",
        "--tag=release",
    ]
    until(lambda: "no issues" in with_bucket.run(*check, check=False))
    printed = with_bucket.inside("python", "manage.py", "shell", "--no-imports", "--command", STORE)
    url = re.search("^http.*", printed, re.MULTILINE)[0].strip()
    assert fetch(url) == b"hello"
    assert fetch(url.partition("?")[0]) == 403
    assert "1 of 1 files were copied to the volume." in with_bucket.make("media-sync", "TO=volume")
    assert with_bucket.inside("cat", "/srv/media/note.txt") == "hello"
    assert "0 of 1 files were copied to the bucket." in with_bucket.make("media-sync", "TO=bucket")
    assert "TO=bucket or TO=volume is required" in with_bucket.make("media-sync", check=False)
