"""An image that another engine builds gets to the server without a registry, and only what the server lacks of it."""

import re
import subprocess

import pytest

from support.engine import docker
from support.processes import until
from support.projects import EVERYTHING
from support.site import Site

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("build")]


@pytest.fixture
def builder(engine):
    """Another engine, in a container, which has the image that is built upon."""
    if not docker("image", "ls", "--quiet", "docker:28-dind"):
        pytest.skip("the image docker:28-dind is not there: docker pull docker:28-dind")
    container = docker(
        "run", "--detach", "--privileged", "--publish", "127.0.0.1::2375", "docker:28-dind",
        "dockerd", "--host=unix:///var/run/docker.sock", "--host=tcp://0.0.0.0:2375", "--tls=false",
    ).strip()  # fmt: skip
    host = "tcp://" + docker("port", container, "2375").split()[0]
    try:
        until(
            lambda: docker("--host", host, "info", "--format", "{{.ServerVersion}}", check=False).strip(),
            log=lambda: docker("logs", container, errors=True),
        )
        with subprocess.Popen(["docker", "save", "python:3.14-alpine"], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "--host", host, "load", "--quiet"], stdin=saved.stdout, check=True)
        yield host
    finally:
        docker("rm", "--force", "--volumes", container)


@pytest.fixture
def site(builder, tmp_path):
    """A project, whose images are removed at the end; no services."""
    site = Site(tmp_path, "proof-build", EVERYTHING, BUILD_ON=builder)
    yield site
    images = docker("image", "ls", "--quiet", "--filter", f"label=deploy.stack={site.stack}").split()
    docker("image", "rm", "--force", *sorted(set(images)))


def build(site):
    """Build the working copy, and return the name of its image and how many bytes the server was sent."""
    [(name, kilobytes)] = re.findall(r"✓ build .* s  (\S+) (\d+) kB sent", site.make("build-image"))
    return name, int(kilobytes) * 1000


def test_a_release_of_code_alone_sends_less_than_a_megabyte(site, builder):
    first, sent_at_first = build(site)
    code = site.package / "core/views.py"
    code.write_text(code.read_text() + "\nCHANGED = True\n")
    site.commit("change code alone")
    second, sent = build(site)
    print(f"PROOF layers sent: at first {sent_at_first / 1e6:.2f} MB, for a release of code alone {sent / 1e6:.2f} MB")
    assert sent < 1_000_000
    for name, count in ((first, "0"), (second, "1")):
        command = ["-c", f"grep -c CHANGED {site.package.name}/core/views.py; ls staticfiles/staticfiles.json"]
        printed = docker("run", "--rm", "--network", "none", "--entrypoint", "sh", name, *command)
        assert printed.split() == [count, "staticfiles/staticfiles.json"]
    # the engine that has built it has the same
    ids = [
        docker(*host, "image", "inspect", "--format", "{{.Id}}", second.rpartition("-")[0])
        for host in ((), ("--host", builder))
    ]
    assert ids[0] == ids[1]
