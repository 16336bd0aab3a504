"""Which image runs is decided: by its digest where a registry has it, by its ID where none does. A restart pulls nothing."""

import json
import re
import subprocess

import pytest

from support.engine import docker
from support.processes import until

pytestmark = [pytest.mark.site, pytest.mark.long]

STACK = "deployment/stacks/redis.yml"
NAME = "redis:8-alpine"


class Registry:
    """A registry on this machine, with an image of Redis that a test can replace."""

    def __init__(self):
        self.container = docker("run", "--detach", "--publish", "127.0.0.1::5000", "registry:3").strip()
        self.host = "localhost:" + re.search(r":(\d+)$", docker("port", self.container, "5000").splitlines()[0])[1]
        self.name = f"{self.host}/redis:8"

    def release(self, version: str) -> str:
        """Push another image under the same tag, forget it on this engine, and return its digest."""
        options = ["--quiet", "--label", f"registry={self.host}", "--tag", self.name]
        docker("build", *options, "-", stdin=f"FROM {NAME}\nLABEL release={version}\n")
        until(lambda: subprocess.run(["docker", "push", "--quiet", self.name], capture_output=True).returncode == 0)
        [digest] = json.loads(docker("image", "inspect", self.name))[0]["RepoDigests"]
        docker("image", "rm", self.name)
        return digest.partition("@")[2]

    def remove(self):
        docker("rm", "--force", "--volumes", self.container, check=False)


@pytest.fixture
def registry(site):
    registry = Registry()
    yield registry
    registry.remove()
    site.git("checkout", "--quiet", ".")
    site.make("deploy-redis")
    for name in docker("image", "ls", "--quiet", "--filter", f"label=registry={registry.host}").split():
        docker("image", "rm", "--force", name, check=False)


def asked_for(site, name):
    return json.loads(docker("service", "inspect", site.service(name)))[0]["Spec"]["TaskTemplate"]["ContainerSpec"][
        "Image"
    ]


def running_release(site, name):
    """Return the label of the image that the container of a service has."""
    image = json.loads(docker("inspect", site.containers(name)[0]))[0]["Image"]
    return json.loads(docker("image", "inspect", image))[0]["Config"]["Labels"]["release"]


def restart(site, name):
    """Kill a container, and wait for the one that replaces it."""
    [before] = site.containers(name)
    docker("kill", before)
    until(lambda: site.containers(name) not in ([], [before]))
    site.wait_for(name, 1)


def test_an_image_changes_only_by_update_images(site, registry):
    first = registry.release("first")
    site.edit(STACK, NAME, registry.name)
    # a file of any style
    text = (site.project / STACK).read_text()
    (site.project / STACK).write_bytes(text.replace("image: ", "image:  '").replace(":8\n", ":8' # cache\n").encode())
    # the other images may be in no registry that can be reached here
    _, printed = site.attempt("update-images")
    assert f"✓ {registry.name} without a digest → @{first} (built 20" in printed
    assert f"image:  '{registry.name}@{first}' # cache\n" in (site.project / STACK).read_text()
    site.make("deploy-redis")
    assert asked_for(site, "redis") == f"{registry.name}@{first}"

    second = registry.release("second")
    restart(site, "redis")
    assert running_release(site, "redis") == "first"
    _, printed = site.attempt("update-images")
    assert re.search(rf"✓ {registry.name}@{first} \(built 20.*\) → @{second} \(built 20.*\)", printed)
    assert running_release(site, "redis") == "first"
    site.make("deploy-redis")
    assert running_release(site, "redis") == "second"
    assert re.search(rf"{registry.name}@{second} \(built 20.*\) is the newest", site.attempt("update-images")[1])
    assert re.search(
        rf"^redis .* {registry.name}@sha256:[0-9a-f]{{12}} +\d+ days ago", site.make("status"), re.MULTILINE
    )

    registry.remove()
    restart(site, "redis")
    assert running_release(site, "redis") == "second"


def test_a_tag_is_what_the_engine_had_at_the_deploy(site, registry):
    """Also without `make update-images`, whatever the registry has by the time that a container starts again."""
    first = registry.release("first")
    site.edit(STACK, NAME, registry.name)
    site.make("deploy-redis")
    assert asked_for(site, "redis") == f"{registry.name.rpartition(':')[0]}@{first}"
    registry.release("second")
    restart(site, "redis")
    assert running_release(site, "redis") == "first"


def test_an_image_that_no_registry_has_runs_by_its_id(site):
    for name in (site.proxy, "django", "postgres"):
        assert re.fullmatch("(.*@)?sha256:[0-9a-f]{64}", asked_for(site, name)), name
    [killed, _] = site.containers("django")
    docker("kill", killed)
    until(lambda: killed not in site.containers("django"))
    site.wait_for("django", 2)
    images = {json.loads(docker("inspect", one))[0]["Image"] for one in site.containers("django")}
    assert images == {asked_for(site, "django")}


def test_extensions_are_created_by_the_superuser(site):
    """pg_stat_statements is one that nobody else may create."""
    sql = "SELECT extname FROM pg_extension"
    query = [
        "psql",
        "--username",
        "postgres",
        "--dbname",
        site.stack.replace("-", "_"),
        "--tuples-only",
        "--command",
        sql,
    ]
    site.make("deploy-postgres", POSTGRES_EXTENSIONS="citext,uuid-ossp,pg_stat_statements")
    found = docker("exec", site.containers("postgres")[0], *query).split()
    assert {"citext", "uuid-ossp", "pg_stat_statements"} <= set(found)
    printed = site.refuse("deploy-postgres", POSTGRES_EXTENSIONS="nonsense")
    assert 'extension "nonsense" is not available' in printed
    assert "→ POSTGRES_IMAGE= in production.env" in printed
    site.make("backup")
    assert "rows of" in site.make("restore-drill")


def test_another_image_of_postgresql_by_a_setting(site):
    before = asked_for(site, "postgres")
    docker(
        "build", "--quiet", "--tag", "proof-postgres:18", "-", stdin="FROM postgres:18-alpine\nLABEL release=other\n"
    )
    try:
        site.make("deploy-postgres", POSTGRES_IMAGE="proof-postgres:18")
        assert running_release(site, "postgres") == "other"
        site.make("deploy-postgres")
        assert asked_for(site, "postgres") == before
    finally:
        docker("image", "rm", "proof-postgres:18", check=False)
