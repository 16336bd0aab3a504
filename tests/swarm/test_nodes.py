"""Two nodes: engines in containers of their own, joined to one swarm, with a registry between them."""

import json
import re
import subprocess

import pytest

from support.engine import docker
from support.processes import until
from support.projects import DEFAULTS
from support.site import Site
from support.traffic import Traffic

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("nodes")]

NETWORK = "proof-nodes"
REGISTRY = "registry:5000"
# what the nodes would get from Docker Hub
IMAGES = ["postgres:18-alpine", "redis:8-alpine", "caddy:2-alpine", "python:3.14-alpine", "restic/restic:0.19.1"]


class Machine:
    """A Docker Engine in a container."""

    def __init__(self, name: str, *ports: str):
        self.name = name
        self.container = docker(
            "run", "--detach", "--privileged", "--hostname", name, "--network", NETWORK, "--network-alias", name,
            *(word for port in ("127.0.0.1::2375", *ports) for word in ("--publish", port)),
            "docker:28-dind", "dockerd", "--host=unix:///var/run/docker.sock", "--host=tcp://0.0.0.0:2375",
            "--tls=false", f"--insecure-registry={REGISTRY}",
        ).strip()  # fmt: skip
        self.host = "tcp://" + docker("port", self.container, "2375").split()[0]
        until(
            lambda: self.docker("info", "--format", "{{.ServerVersion}}", check=False).strip(),
            log=lambda: docker("logs", self.container, errors=True),
        )
        with subprocess.Popen(["docker", "save", *IMAGES], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "--host", self.host, "load", "--quiet"], stdin=saved.stdout, check=True)

    def docker(self, *arguments: str, check: bool = True, stdin: str | None = None) -> str:
        return docker("--host", self.host, *arguments, check=check, stdin=stdin)

    def remove(self) -> None:
        docker("rm", "--force", "--volumes", self.container)


@pytest.fixture(scope="module")
def nodes(engine):
    if not docker("image", "ls", "--quiet", "docker:28-dind"):
        pytest.skip("the image docker:28-dind is not there: docker pull docker:28-dind")
    docker("network", "create", "--subnet", "10.213.7.0/24", NETWORK)
    registry = docker("run", "--detach", "--network", NETWORK, "--network-alias", "registry", "registry:3").strip()
    found = []
    try:
        for name, ports in (("first", ["9480:9480", "9443:9443"]), ("second", [])):
            found.append(Machine(name, *ports))
        yield found
    finally:
        for node in found:
            node.remove()
        docker("rm", "--force", "--volumes", registry)
        docker("network", "rm", NETWORK)


@pytest.fixture(scope="module")
def site(nodes, tmp_path_factory):
    """A site of both nodes, as deployment/README.md makes it; clients connect to the first one."""
    first, second = nodes
    site = Site(
        tmp_path_factory.mktemp("nodes"), "proof-nodes", DEFAULTS,
        DOCKER_HOST=first.host, REGISTRY=REGISTRY, HTTP_PORT="9480", HTTPS_PORT="9443", SWARM_MTU="1450",
    )  # fmt: skip
    site.add_proof()
    site.make("setup", YES="1")
    token = first.docker("swarm", "join-token", "--quiet", "worker").strip()
    second.docker("swarm", "join", "--token", token, "first:2377")
    return site


@pytest.fixture(scope="module")
def traffic(site):
    traffic = Traffic(site.url, rate=50)
    traffic.start()
    yield traffic
    traffic.stop()


def places(first: Machine, site: Site) -> list[str]:
    """Return the names of the nodes on which Django serves."""
    listed = first.docker(
        "service", "ps", "--filter", "desired-state=running", "--format", "{{json .}}", site.service("django")
    )
    tasks = [json.loads(line) for line in listed.splitlines()]
    return sorted(task["Node"] for task in tasks if task["CurrentState"].startswith("Running"))


def wait_for(first: Machine, site: Site, expected: list[str]) -> None:
    until(lambda: places(first, site) == expected, 120, log=lambda: str(places(first, site)))


def test_deploy_needs_an_image_that_both_nodes_can_pull(site):
    assert "2 nodes need a registry for the image: set REGISTRY" in site.refuse("deploy-check", REGISTRY="")


def test_release_spreads_over_nodes(site, nodes, traffic):
    expected = site.change()
    with traffic.watch("a release on two nodes") as seen:
        site.make("deploy")
        assert site.release() == expected
    assert seen.failures == []
    assert places(nodes[0], site) == ["first", "second"]
    assert "second" in site.make("status")


def test_no_packet_is_larger_than_the_network_between_nodes_allows(site, nodes):
    container = nodes[0].docker("ps", "--quiet", "--filter", f"name={site.service('django')}.").split()[0]
    largest = nodes[0].docker("exec", container, "sh", "-c", "cat /sys/class/net/*/mtu").split()
    # with 50 bytes for VXLAN; the others are the loopback device, and the bridge to the node
    assert "1400" in largest


def test_second_node_serves_requests(site, nodes):
    first, second = nodes
    first.docker("node", "update", "--label-add", "edge=yes", "second")
    site.make("deploy-caddy")
    site.make("deploy")
    address = docker(
        "inspect", "--format", f'{{{{(index .NetworkSettings.Networks "{NETWORK}").IPAddress}}}}', second.container
    )
    page = site.ask("/proof/", address=address.strip())
    assert page.status == 200
    stylesheet = re.search(r'href="(/static/[^"]+)"', page.text)[1]
    assert "immutable" in site.ask(stylesheet, address=address.strip()).headers["Cache-Control"]
    first.docker("node", "update", "--label-rm", "edge", "second")


def test_prune_removes_old_images_from_every_node(site, nodes):
    labels = ["--label", f"deploy.stack={site.stack}", "--label", "deploy.kind=image"]
    for node in nodes:
        node.docker("build", "--quiet", "--tag", "old", *labels, "-", stdin="FROM redis:8-alpine\n")
    assert "2 images" in site.make("prune")
    for node in nodes:
        assert not node.docker("image", "ls", "--quiet", "old")
        assert node.docker("image", "ls", "--quiet", "--filter", f"label=deploy.stack={site.stack}")
    assert site.ask("/").status == 200


def test_logs_of_both_nodes_are_kept(site):
    site.make("deploy-logs")

    def nodes_of_lines():
        site.ask("/proof/")
        kept = site.make("service-logs", SINCE="1h", GREP="/proof/")
        return set(re.findall(r"^\S+ (\w+) django\.", kept, re.MULTILINE))

    until(lambda: nodes_of_lines() == {"first", "second"}, 120)


def test_node_is_drained_for_maintenance(site, nodes, traffic):
    first, _ = nodes
    with traffic.watch("a drained node") as seen:
        first.docker("node", "update", "--availability", "drain", "second")
        wait_for(first, site, ["first", "first"])
    assert seen.failures == []
    with traffic.watch("an active node again") as seen:
        first.docker("node", "update", "--availability", "active", "second")
        site.make("deploy-django")
        assert places(first, site) == ["first", "second"]
    assert seen.failures == []


def test_failed_node(site, nodes, traffic):
    """Only what it was answering can fail. The site is well again by itself, and can be deployed on what is left."""
    first, second = nodes
    with traffic.watch("a failed node", settle=35) as seen:
        docker("kill", second.container)
        wait_for(first, site, ["first", "first"])
    assert len(seen.failures) < traffic.rate
    expected = site.change()
    with traffic.watch("a release on the remaining node") as seen:
        site.make("deploy")
        assert site.release() == expected
    assert seen.failures == []
