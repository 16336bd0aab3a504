"""A site whose database is a server elsewhere: it is deployed, rolled back and looked at as any other."""

import subprocess

import pytest

from support.engine import docker
from support.processes import until
from support.projects import NOTHING
from support.site import Site, set_up
from support.traffic import own_address

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("external")]

NAME = "proof-elsewhere"
PORT = "15432"


@pytest.fixture(scope="module")
def server(engine):
    """PostgreSQL that is not part of the site, with a database and a role that is not the superuser."""
    docker(
        "run",
        "--detach",
        "--name",
        NAME,
        "--publish",
        f"{PORT}:5432",
        "--env",
        "POSTGRES_PASSWORD=x",
        "postgres:18-alpine",
    )
    ready = ["docker", "exec", NAME, "pg_isready", "--quiet", "--host", "127.0.0.1"]
    until(lambda: subprocess.run(ready).returncode == 0, 60)
    for sql in ("CREATE ROLE app LOGIN PASSWORD 'p@ss/word'", "CREATE DATABASE app OWNER app"):
        docker("exec", NAME, "psql", "--username", "postgres", "--command", sql)
    yield f"postgres://app:p%40ss%2Fword@{own_address()}:{PORT}/app"
    docker("rm", "--force", "--volumes", NAME)


@pytest.fixture(scope="module")
def site(server, swarm_lock, tmp_path_factory):
    settings = {"HTTP_PORT": "10580", "HTTPS_PORT": "10543", "EXTERNAL_DATABASE": "yes", "DATABASE_URL": server}
    site = Site(tmp_path_factory.mktemp("external"), "proof-external", NOTHING, **settings)
    site.add_proof()
    with set_up(site, swarm_lock):
        yield site


def stored():
    sql = "SELECT name FROM proof_entry"
    return docker("exec", NAME, "psql", "-U", "postgres", "-d", "app", "-tA", "--command", sql).split()


def typed(site, target, text):
    command = ["make", "--no-print-directory", "--directory", site.project / "deployment", target]
    return subprocess.run(command, env=site.shell, input=text, capture_output=True, text=True).stdout


def test_site_runs_on_a_database_elsewhere(site):
    assert site.ask("/proof/one/", "POST", b"x").status == 201
    assert stored() == ["one"]
    assert site.containers("postgres") == []
    assert f"{site.stack}_postgres" not in docker("volume", "ls", "--quiet").split()
    printed = site.make("status")
    assert "database ok" in printed
    assert "postgres" not in printed
    number = site.change()
    site.make("deploy")
    assert site.release() == number
    site.make("rollback", YES="1")
    assert site.release() == "0"
    assert "42" in typed(site, "dbshell", "SELECT 40 + 2")
    assert "app" in typed(site, "dbstats", "")
    printed = site.make("backup", "backups")
    assert "who provides it backs it up" in printed
    assert "NOT VERIFIED" not in printed
    assert "who provides it" in site.make("restore", YES="1")
    site.make("restore-drill")
    assert "who provides it" in site.make("backup-download")
    assert [path.suffix for path in (site.project / "deployment").glob("proof-external-*")] == [".tar"]
    assert stored() == ["one"]


def test_deploy_to_a_database_that_cannot_be_reached_changes_nothing(site):
    docker("stop", NAME)
    try:
        printed = site.refuse("deploy-check")
        assert f"port {PORT} failed" in printed
        assert "rotate-secret NAME=DATABASE_URL" in printed
    finally:
        docker("start", NAME)
    until(lambda: site.attempt("deploy-check")[0] == 0, 60)
    assert site.ask("/proof/two/", "POST", b"x").status == 201
