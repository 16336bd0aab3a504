"""`bin/ci-push` on an engine that keeps its images in containerd, and a registry: what is stored there beside the image."""

import json
import re
import subprocess
import urllib.request
from uuid import uuid4

import pytest

from support.compose import Project, copy
from support.engine import docker
from support.processes import until

pytestmark = [pytest.mark.parametrize("base_image", ["alpine"], indirect=True), pytest.mark.long]

# Stands in for the scanner that BuildKit takes, which comes from a registry that the tests do not reach. It lists what is
# in the image: https://github.com/moby/buildkit/blob/master/docs/attestations/sbom-protocol.md
SCANNER = "docker/buildkit-syft-scanner:stable-1"
SCANNER_DOCKERFILE = """FROM python:3.14-alpine
COPY <<'PROGRAM' /scan.py
import json, os, pathlib
found = pathlib.Path(os.environ["BUILDKIT_SCAN_SOURCE"]).glob("opt/venv/lib/*/site-packages/*.dist-info")
names = [path.name.removesuffix(".dist-info").split("-", 1) for path in found]
packages = [{"name": name, "versionInfo": version} for name, version in names]
statement = {
    "_type": "https://in-toto.io/Statement/v0.1",
    "predicateType": "https://spdx.dev/Document",
    "predicate": {"spdxVersion": "SPDX-2.3", "packages": packages},
}
pathlib.Path(os.environ["BUILDKIT_SCAN_DESTINATION"], "sbom.spdx.json").write_text(json.dumps(statement))
PROGRAM
ENTRYPOINT ["python", "/scan.py"]
"""
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
# As the engine has it, the registry is on its own machine.
IMAGE = "localhost:5000/shop"


class Engine:
    """A Docker Engine in a container that keeps its images in containerd, with a registry at its port 5000.

    It has the ``folder`` of the project where this machine has it.
    """

    def __init__(self, folder):
        self.name = f"ddpt-push-{uuid4().hex[:8]}"
        docker(
            "run", "--detach", "--privileged", "--name", self.name, "--publish", "127.0.0.1::2375",
            "--publish", "127.0.0.1::5000", "--volume", f"{folder}:{folder}", "docker:28-dind", "dockerd", "--host=unix:///var/run/docker.sock",
            "--host=tcp://0.0.0.0:2375", "--tls=false", "--feature", "containerd-snapshotter",
        )  # fmt: skip
        docker(
            "run", "--detach", "--name", f"{self.name}-registry", "--network", f"container:{self.name}", "registry:3"
        )
        self.host, self.registry = (
            docker("port", self.name, port).splitlines()[0].strip() for port in ("2375", "5000")
        )
        until(lambda: self.docker("info", "--format", "{{.ServerVersion}}", check=False).strip(), log=self.log)
        with subprocess.Popen(["docker", "save", "python:3.14-alpine"], stdout=subprocess.PIPE) as saved:
            subprocess.run(
                ["docker", "--host", f"tcp://{self.host}", "load", "--quiet"], stdin=saved.stdout, check=True
            )
        self.docker("build", "--quiet", "--tag", SCANNER, "-", stdin=SCANNER_DOCKERFILE)

    def docker(self, *arguments, **options):
        return docker("--host", f"tcp://{self.host}", *arguments, **options)

    def log(self):
        return docker("logs", self.name, errors=True)

    def fetch(self, path, accept="*/*"):
        """Return what the registry has of the image."""
        request = urllib.request.Request(f"http://{self.registry}/v2/shop/{path}", headers={"Accept": accept})
        return json.load(urllib.request.urlopen(request))

    def remove(self):
        for name in (f"{self.name}-registry", self.name):
            docker("rm", "--force", "--volumes", name, check=False)


@pytest.fixture
def engine(tmp_path):
    if not docker("image", "ls", "--quiet", "docker:28-dind"):
        pytest.skip("the image docker:28-dind is not there: docker pull docker:28-dind")
    engine = None
    try:
        engine = Engine(tmp_path)
        yield engine
    finally:
        if engine:
            engine.remove()


@pytest.fixture
def project(folder, tmp_path, engine, git_config):
    """A project whose image for development tells when it was built, in a repository."""
    project = Project(copy(folder, tmp_path / "shop"))
    dockerfile = project.folder / "Dockerfile"
    text = dockerfile.read_text()
    assert text.count("\nUSER django\n") == 2
    built = "RUN cp /proc/sys/kernel/random/uuid /opt/built\n"
    dockerfile.write_text(text.replace("\nUSER django\n", f"\n{built}USER django\n", 1))
    # What `make ci` runs first in that image; it needs no other service.
    (project.folder / "bin/check").write_text('#!/bin/sh\necho "built: $(cat /opt/built)"\nexit 1\n')
    (project.folder / "alone.yml").write_text("services: {django: {depends_on: !reset null}}\n")
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Begin"]):
        project.run("git", *command, **git_config)
    return project


def push(project, **variables):
    """Run ``bin/ci-push``, and return the digest that it prints."""
    done = subprocess.run(
        ["bin/ci-push", IMAGE], cwd=project.folder, env=project.environment | variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return re.fullmatch(f"{IMAGE}@(sha256:[0-9a-f]{{64}})\n", done.stdout)[1]


def test_image_has_its_packages_and_provenance_and_is_built_from_the_cache_of_the_registry(project, engine, git_config):
    variables = git_config | {"DOCKER_HOST": f"tcp://{engine.host}"}
    digest = push(project, **variables)
    index = engine.fetch(f"manifests/{digest}", INDEX)
    image, attestation = index["manifests"]
    assert image["platform"]["os"] == "linux"
    assert attestation["annotations"]["vnd.docker.reference.type"] == "attestation-manifest"
    assert attestation["annotations"]["vnd.docker.reference.digest"] == image["digest"]
    layers = engine.fetch(f"manifests/{attestation['digest']}", MANIFEST)["layers"]
    statements = {layer["annotations"]["in-toto.io/predicate-type"]: layer["digest"] for layer in layers}
    sbom = engine.fetch(f"blobs/{statements.pop('https://spdx.dev/Document')}")
    found = {
        package["name"].lower().replace("_", "-"): package["versionInfo"] for package in sbom["predicate"]["packages"]
    }
    locked = dict(
        re.findall(r"^([a-z0-9-]+)==(\S+)", (project.folder / "requirements/base.txt").read_text(), re.MULTILINE)
    )
    assert found["django"] == locked["django"]
    assert found.items() <= locked.items()
    [(predicate, provenance)] = statements.items()
    assert predicate.startswith("https://slsa.dev/provenance/")
    made = json.dumps(engine.fetch(f"blobs/{provenance}"))
    assert project.run("git", "rev-parse", "HEAD", **git_config).strip() in made
    assert "python" in made

    def built():
        alone = {"COMPOSE_FILE": "docker-compose.yml:alone.yml", "CACHE": IMAGE}
        printed = project.make("ci", check=False, timeout=900, **alone, **variables)
        found = re.search("built: (.*)", printed)
        assert found, printed
        return found[1]

    first = built()
    # As on another machine of the CI system
    engine.docker("builder", "prune", "--all", "--force")
    assert built() == first
    engine.docker("builder", "prune", "--all", "--force")
    again = engine.fetch(f"manifests/{push(project, **variables)}", INDEX)
    assert again["manifests"][0]["digest"] == image["digest"]
