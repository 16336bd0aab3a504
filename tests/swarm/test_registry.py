"""With a registry the image is pushed, and services name it by its digest: so that several nodes run the same image."""

import json
import re
import time

import pytest

from support.engine import docker

pytestmark = [pytest.mark.site, pytest.mark.long]


@pytest.fixture
def registry(engine):
    name = docker("run", "--detach", "--publish", "127.0.0.1::5000", "registry:3").strip()
    yield "localhost:" + re.search(r":(\d+)$", docker("port", name, "5000").splitlines()[0])[1]
    docker("rm", "--force", "--volumes", name)


def test_a_release_by_way_of_a_registry(site, registry):
    time.sleep(1)
    printed = site.make("deploy", REGISTRY=registry)
    assert re.search(rf"✓ push .* {registry}/{site.stack}@sha256:", printed)
    spec = json.loads(docker("service", "inspect", site.service("django")))[0]["Spec"]
    assert re.match(rf"{registry}/{site.stack}@sha256:", spec["TaskTemplate"]["ContainerSpec"]["Image"])
    assert site.ask("/").status == 200
    site.make("deploy")


def test_a_change_from_its_push_by_ci_to_its_rollback(site, registry):
    number = site.change()
    version = site.git("rev-parse", "--short=12", "HEAD")
    tag = f"{registry}/shop:{version}"
    options = ["--quiet", "--target", "production", "--build-arg", f"RELEASE={version}", "--tag", tag]
    docker("build", *options, str(site.project))
    docker("push", "--quiet", tag)
    [image] = json.loads(docker("image", "inspect", tag))[0]["RepoDigests"]
    docker("image", "rm", tag)  # and its name by digest
    before = site.release()
    status, printed = site.ci_deploy(IMAGE=image)
    assert status == 0, printed
    assert "✓ pull" in printed
    assert "✓ build" not in printed
    spec = json.loads(docker("service", "inspect", site.service("django")))[0]["Spec"]
    assert spec["TaskTemplate"]["ContainerSpec"]["Image"] == image
    assert site.release() == number
    site.change()
    assert f"is not an image of {site.git('rev-parse', '--short=12', 'HEAD')}" in site.refuse("deploy", IMAGE=image)
    assert "ada (run 7)" in site.make("releases")
    assert "unlocked" in site.make("status")
    site.make("rollback", YES="1")
    assert site.release() == before
    site.make("deploy")
