"""The preflight lists everything at once."""

import socket

import pytest

from ddpt_deploy.release import git, preflight
from ddpt_deploy.site import secrets, settings
from ddpt_deploy.site.site import Site
from support.projects import EVERYTHING


def test_everything_that_is_wrong_comes_at_once(swarm, site, run, monkeypatch, project):
    assert run("setup")[0] == 0
    monkeypatch.setattr(git, "is_dirty", lambda folder: True)
    (project / "Dockerfile").unlink()
    for name in ("caddy", "postgres"):
        (site.folder / f"stacks/{name}.yml").write_text("services: [\n")
    del swarm.stored["secret"]["site_REDIS_PASSWORD_1"]
    del swarm.services["site_redis"]
    swarm.nodes[0]["Spec"]["Labels"].pop("data")
    status, printed = run("deploy", "--check", "DOMAIN_NAME=example.com", "GUNICORN_THREADS=50")
    assert status == 1
    for problem in (
        "git commit, or ALLOW_DIRTY=1",
        "there is no Dockerfile",
        "stacks/caddy.yml: ",
        "stacks/postgres.yml: ",
        "the free disk space is not known",
        "the secret REDIS_PASSWORD is missing",
        "site_redis is not deployed: make deploy-redis",
        "docker node update --label-add data=yes NODE",
        "POSTGRES_MAX_CONNECTIONS is 150",
        "The site is at localhost, but DOMAIN_NAME is example.com",
    ):
        assert problem in printed
    assert "make deploy-check checks again" in printed


def test_a_command_that_is_typed_on_no_engine(run, swarm):
    swarm._info = lambda *arguments: (1, '{"ServerVersion": ""}', "Cannot connect to the Docker daemon")
    assert "no engine answers (Cannot connect to the Docker daemon)" in run("deploy", "--check")[1]
    assert "set DOCKER_HOST" in run("setup")[1]


def test_two_nodes_cannot_both_have_the_database(swarm, run):
    assert run("setup")[0] == 0
    swarm.nodes.append({**swarm.nodes[0], "ID": "another"})
    assert "docker node update --label-rm data NODE" in run("deploy", "--check")[1]


@pytest.mark.parametrize(
    ("host", "stored", "expected"),
    [("", {}, True), ("", {"MAILGUN_API_KEY": [1]}, False), ("off", {}, False), ("mail.example.com", {}, False)],
)
def test_a_mail_server_is_required_or_switched_off_by_name(baked, monkeypatch, host, stored, expected):
    folder = baked(EVERYTHING) / "deployment"
    monkeypatch.setattr(secrets, "versions", lambda site: stored)
    found = settings.load("production", folder, shell={}, typed={"EMAIL_HOST": host})
    site = Site(found, docker=None, console=None, folder=folder)
    problems = [problem for problem in preflight._secrets(site) if "EMAIL_HOST is required" in problem]
    assert bool(problems) is expected
    if expected:
        assert "EMAIL_HOST=smtp.example.com into production.env" in problems[0]
        assert "EMAIL_HOST=off" in problems[0]


@pytest.mark.parametrize(
    "command",
    [
        ["scale", "REPLICAS=5"],
        ["deploy-stack", "STACK=django", "GUNICORN_THREADS=20"],
        ["deploy-stack", "STACK=postgres", "POSTGRES_MAX_CONNECTIONS=60"],
        ["deploy", "--check", "DJANGO_REPLICAS=5"],
    ],
)
def test_sizes_that_do_not_fit_change_nothing(run, swarm, command):
    """In a rollout of two replicas four containers run, with 16 threads each: 64 connections of 150, and 10 to spare."""
    assert run("setup")[0] == 0
    before = dict(swarm.services)
    status, printed = run(*command)
    assert status == 1
    assert "database connections in a rollout" in printed
    assert "raise it to" in printed or "POSTGRES_MAX_CONNECTIONS is 60" in printed
    assert swarm.services == before


def test_processes_need_memory(run, swarm):
    assert run("setup")[0] == 0
    status, printed = run("deploy", "--check", "GUNICORN_WORKERS=6", "GUNICORN_THREADS=5")
    assert status == 1
    assert "6 processes of gunicorn need more than half of DJANGO_MEMORY: raise it to 560M" in printed
    assert run("deploy", "--check", "GUNICORN_WORKERS=6", "GUNICORN_THREADS=5", "DJANGO_MEMORY=560M")[0] == 0


def test_sizes_that_do_not_fit_hold_up_no_other_service(run):
    assert run("setup")[0] == 0
    assert run("deploy-stack", "STACK=redis", "GUNICORN_THREADS=20")[0] == 0


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"UPLOADS_AT_ONCE": "7", "MAX_UPLOAD": "40MB"}, "/tmp of django in stacks/django.yml is 268 MB"),
        (
            {"DJANGO_MEMORY": "128M"},
            "4 uploads at once may take 100 MB of each container, but half of DJANGO_MEMORY is 67 MB",
        ),
        ({"GUNICORN_THREADS": "4"}, "4 uploads at once may hold all 4 GUNICORN_THREADS: lower UPLOADS_AT_ONCE to 3"),
        ({"GUNICORN_THREADS": "1", "UPLOADS_AT_ONCE": "1"}, ""),
        ({}, ""),
    ],
)
def test_uploads_fit_in_the_memory_and_the_threads_of_a_container(run, typed, problem):
    assert run("setup")[0] == 0
    status, printed = run("deploy", "--check", *(f"{name}={value}" for name, value in typed.items()))
    assert status == bool(problem)
    assert problem in printed


@pytest.mark.parametrize(
    ("typed", "problems"),
    [
        ({"DOMAIN_NAME": "example.com"}, ["DOMAIN_NAME=example.com is only", "ACME_EMAIL=you@example.com is only"]),
        ({"DOMAIN_NAME": "shop.example.org", "ACME_EMAIL": "ada@shop.test"}, ["DOMAIN_NAME=shop.example.org"]),
        ({"DOMAIN_NAME": "shop.test", "ACME_EMAIL": "you@example.com"}, ["ACME_EMAIL=you@example.com"]),
        ({"DOMAIN_NAME": "myexample.com", "ACME_EMAIL": "ada@myexample.com"}, []),
        ({"DOMAIN_NAME": "localhost", "ACME_EMAIL": "you@example.com"}, []),
    ],
)
def test_examples_are_refused(run, dns, typed, problems):
    printed = run("setup", *(f"{name}={value}" for name, value in typed.items()))[1]
    assert printed.count("is only an example") == len(problems)
    for problem in problems:
        assert problem in printed


@pytest.fixture
def dns(monkeypatch):
    """What DNS says of names, for a test to fill."""
    names = {"localhost": ["127.0.0.1"]}

    def getaddrinfo(host, port):
        if host not in names:
            raise socket.gaierror("Name or service not known")
        return [(None, None, None, None, (address, 0)) for address in names[host]]

    def create_connection(address, timeout):
        raise TimeoutError

    monkeypatch.setattr(preflight.socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(preflight.socket, "create_connection", create_connection)
    return names


@pytest.mark.parametrize(
    ("records", "warnings"),
    [
        ({"shop.test": ["203.0.113.5"], "www.shop.test": ["203.0.113.5"]}, []),
        (
            {"shop.test": ["203.0.113.5"]},
            ["DNS has no address for www.shop.test, and the server is 192.0.2.2, 203.0.113.5."],
        ),
        (
            {"shop.test": ["203.0.113.5", "2001:db8::9"], "www.shop.test": ["198.51.100.1"]},
            ["DNS has 2001:db8::9, 203.0.113.5 for shop.test", "DNS has 198.51.100.1 for www.shop.test"],
        ),
    ],
)
def test_dns_is_compared_with_the_server_before_a_setup(run, dns, monkeypatch, records, warnings):
    monkeypatch.setenv("DOCKER_HOST", "ssh://deploy@server.shop.test")
    dns |= records | {"server.shop.test": ["203.0.113.5"]}
    typed = ["DOMAIN_NAME=shop.test", "ACME_EMAIL=ada@shop.test", "WWW_REDIRECT=yes", "EMAIL_HOST=off"]
    status, printed = run("setup", *typed)
    assert status == 0, printed
    assert printed.count("DNS has") == len(warnings)
    for warning in warnings:
        assert warning in printed
    # a CI job may see another DNS
    assert "DNS has" not in run("deploy", *typed, version="v2")[1]


PUBLIC = ["DOMAIN_NAME=shop.test", "ACME_EMAIL=ada@shop.test", "EMAIL_HOST=off"]


@pytest.mark.parametrize(
    ("records", "ipv6", "warned"),
    [
        (["203.0.113.5", "2001:db8::5"], False, True),
        (["203.0.113.5", "2001:db8::5"], True, False),
        (["203.0.113.5"], False, False),
    ],
)
def test_clients_by_ipv6_that_would_have_one_address_are_a_warning(run, swarm, dns, monkeypatch, records, ipv6, warned):
    dns["shop.test"] = records
    swarm.networks.add("docker_gwbridge")
    monkeypatch.setattr(swarm, "ipv6", ipv6)
    for command in ("setup", "deploy"):
        status, printed = run(command, *PUBLIC)
        assert status == 0, printed
        assert ("shop.test has an AAAA record, and the bridge docker_gwbridge no IPv6" in printed) is warned


def test_ports_of_the_swarm_that_are_open_to_all_are_a_warning(run, swarm, dns, monkeypatch):
    dns["shop.test"] = dns["server.shop.test"] = ["203.0.113.5"]
    monkeypatch.setenv("DOCKER_HOST", "ssh://deploy@server.shop.test")
    with socket.create_server(("127.0.0.1", 0)) as open_port:
        connection = socket.socket()
        connection.connect(open_port.getsockname())

        def create_connection(address, timeout):
            if address != ("server.shop.test", 2377):
                raise ConnectionRefusedError
            return connection

        monkeypatch.setattr(preflight.socket, "create_connection", create_connection)
        printed = run("setup", *PUBLIC)[1]
    assert "Port 2377 of server.shop.test is open" in printed
    assert "Port 7946" not in printed
