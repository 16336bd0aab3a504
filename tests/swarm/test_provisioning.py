"""Servers, from what a provider hands out to a site over HTTPS, by what the READMEs of deployment/ say."""

import re
import subprocess
import time

import pytest

from support.engine import docker
from support.projects import DEFAULTS, NGINX, bake
from support.server import Operator, Server

pytestmark = [pytest.mark.docker, pytest.mark.long, pytest.mark.xdist_group("provisioning")]

NAME = "ddpt-server"


@pytest.fixture(scope="module")
def operator(engine, tmp_path_factory):
    return Operator(tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="module")
def empty(operator):
    """A server that nobody has prepared."""
    docker("rm", "--force", "--volumes", NAME, check=False)
    server = Server(NAME, operator)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def server(operator, empty):
    """A server that has been prepared."""
    start = time.monotonic()
    status, printed = operator.attempt("provision", f"HOST={empty.address}")
    assert status != 0
    assert "cat ~/.ssh/id_ed25519.pub >> provisioning/authorized_keys" in printed
    assert empty.run("getent passwd deploy", check=False) == ""
    operator.authorize()
    operator.make("provision", f"HOST={empty.address}")
    print(f"PROOF provision: {time.monotonic() - start:.0f} s")
    return empty


def points(printed):
    """Return the lines of the table of `make check-server`: for each point, whether it is right."""
    return {name: mark for mark, name in re.findall(r"^(ok|WRONG) +(.+?)  +", printed, re.MULTILINE)}


def log_in(operator, server, user):
    """Try to log in by SSH; return the exit status and what was printed."""
    done = subprocess.run(
        ["ssh", "-o", "BatchMode=yes", f"{user}@{server.address}", "id --user --name"],
        env=operator.shell, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).strip()


def reached(server, port):
    """Tell whether a client outside reaches a port."""
    curl = ["curl", "--silent", "--output", "/dev/null", "--max-time", "5", f"http://{server.address}:{port}/"]
    return subprocess.run(curl).returncode == 0


def test_second_run_changes_nothing(operator, server):
    assert re.search(r"changed=0 +unreachable=0 +failed=0", operator.make("provision", f"HOST={server.address}"))


def test_only_deploy_can_log_in(operator, server):
    assert log_in(operator, server, "deploy") == (0, "deploy")
    status, printed = log_in(operator, server, "root")
    assert status != 0
    assert "Permission denied (publickey)" in printed


def test_check_shows_drift_and_provision_ends_it(operator, server):
    assert set(points(operator.make("check-server", f"HOST={server.address}")).values()) == {"ok"}
    server.run("sed -i 's/PermitRootLogin no/PermitRootLogin yes/' /etc/ssh/sshd_config.d/00-server.conf")
    server.run("nft delete chain inet server forward")
    status, printed = operator.attempt("check-server", f"HOST={server.address}")
    assert status != 0
    assert "+PermitRootLogin no" in printed
    wrong = {name for name, mark in points(printed).items() if mark == "WRONG"}
    assert wrong == {"tasks that would change something", "login of root", "firewall for containers"}
    assert "PermitRootLogin yes" in server.run("cat /etc/ssh/sshd_config.d/00-server.conf")
    operator.make("provision", f"HOST={server.address}")
    assert set(points(operator.make("check-server", f"HOST={server.address}")).values()) == {"ok"}


def test_published_ports_do_not_bypass_the_firewall(server):
    server.load("caddy:2-alpine")
    server.run(
        "docker run --detach --name web --publish 80:80 --publish 8080:80 caddy:2-alpine "
        "caddy respond --listen :80 --body reached"
    )
    try:
        server.wait("curl --silent --fail http://127.0.0.1:8080/")
        assert reached(server, 80)
        assert not reached(server, 8080)
        server.run("nft delete table inet server")
        assert reached(server, 8080)
        server.run("systemctl reload nftables")
        assert not reached(server, 8080)
        # Docker's own rules are still there
        assert reached(server, 80)
        server.run("systemctl restart nftables")
        assert reached(server, 80)
    finally:
        server.run("docker rm --force web")


@pytest.mark.parametrize("proxy", ["caddy", "nginx"])
def test_an_empty_server_becomes_a_site(tmp_path, operator, server, proxy):
    """And is empty again when everything of the site was removed."""
    proxy_image = {"caddy": "caddy:2-alpine", "nginx": "nginx:1-alpine"}[proxy]
    server.load("python:3.14-alpine", "postgres:18-alpine", "redis:8-alpine", "restic/restic:0.19.1", proxy_image)
    project = bake(tmp_path, DEFAULTS | ({NGINX} if proxy == "nginx" else set()))
    git = ["git", "-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "first"]):
        operator.run(*git, *arguments, cwd=project)
    shell = {"DDPT_DOMAIN_NAME": "localhost", "DDPT_HTTP_PORT": "24980", "DDPT_HTTPS_PORT": "24943"}
    shell |= operator.shell | {"DOCKER_HOST": f"ssh://deploy@{server.address}"}
    make = ["make", "--no-print-directory", "--directory", str(project / "deployment")]
    start = time.monotonic()
    # no DNS knows the server; the smoke test looks for localhost on this machine
    tunnel = ["ssh", "-N", "-L", f"24943:{server.address}:24943", f"deploy@{server.address}"]
    with subprocess.Popen(tunnel, env=operator.shell) as forward:
        try:
            print(operator.run(*make, "setup", "YES=1", env=shell, timeout=1200))
        finally:
            forward.terminate()
    print(f"PROOF make setup on an empty server, with {proxy}: {time.monotonic() - start:.0f} s")
    curl = ["curl", "--silent", "--insecure", "--resolve", f"localhost:24943:{server.address}"]
    assert "<html" in operator.run(*curl, "https://localhost:24943/")
    pools = server.run("docker network inspect ingress --format '{{(index .IPAM.Config 0).Subnet}}'")
    assert pools.startswith("10.200.")
    assert set(points(operator.make("check-server", f"HOST={server.address}")).values()) == {"ok"}
    operator.run(*make, "stack-rm", "EVERYTHING=1", "CONFIRM=project-name", env=shell)
    assert server.run("docker service ls --quiet; docker volume ls --quiet --filter name=project-name") == ""


def test_a_due_reboot_drains_the_node_first(server):
    server.run("docker swarm init --default-addr-pool 10.200.0.0/16 || true")
    server.run("touch /run/reboot-required && systemctl start --no-block reboot-when-required.service", check=False)
    wait = ["docker", "wait", server.name]
    subprocess.run(wait, check=True, capture_output=True, timeout=300)
    docker("start", server.name)
    server.wait("systemctl is-active docker && [ ! -e /var/lib/drained-for-reboot ]", timeout=120)
    assert server.run("docker node inspect self --format '{{.Spec.Availability}}'") == "active"


def test_a_server_prepares_itself_at_its_first_boot(tmp_path, operator, server):
    user_data = operator.make("cloud-init")
    docker("rm", "--force", "--volumes", f"{NAME}-2", check=False)
    second = Server(f"{NAME}-2", operator, user_data)
    try:
        second.wait("cloud-init status | grep -E 'done|error'", timeout=900)
        assert "failed=0" in second.run("cat /var/log/cloud-init-output.log")
        assert second.run("cloud-init schema --config-file /var/lib/cloud/seed/nocloud/user-data").startswith("Valid")
        assert set(points(operator.make("check-server", f"HOST={second.address}")).values()) == {"ok"}
    finally:
        second.remove()
