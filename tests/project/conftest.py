"""Fixtures for the tests that install and run generated projects. What they make is shared within a test process."""

import subprocess

import pytest

from support.installed import Installed, Production
from support.processes import free_port, listens, stopped_afterwards, wait_for
from support.projects import EMAIL, EVERYTHING, TOOLS, bake, label
from support.services import PgBouncer, Postgres, Redis


def pytest_itemcollected(item):
    """Let processes share the tests of the project with everything, which are most: those of a file are a group."""
    group = item.get_closest_marker("xdist_group")
    if group and group.args == (label(EVERYTHING),):
        item.add_marker(pytest.mark.xdist_group(f"everything-{item.path.stem}"), append=False)


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A function that returns the installed project of a combination."""
    projects = {}

    def get(combination):
        if combination not in projects:
            projects[combination] = Installed(
                bake(tmp_path_factory.mktemp(label(combination)), combination), EMAIL in combination
            )
        return projects[combination]

    return get


@pytest.fixture
def project(combination, installed, tmp_path):
    """A copy of an installed project, which a test may change."""
    return installed(combination).copy(tmp_path)


@pytest.fixture(scope="session")
def postgres():
    server = Postgres()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def pgbouncer(postgres):
    server = PgBouncer(postgres)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis():
    server = Redis()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket_server():
    """The URL of a server with S3's API."""
    port = free_port()
    server = subprocess.Popen(
        [TOOLS / "moto_server", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with stopped_afterwards(server):
        wait_for(lambda: listens(port), server, "moto")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def production(installed, postgres, redis, tmp_path_factory):
    """A function that returns the project of a combination as it is on a server."""
    projects = {}

    def get(combination):
        if combination not in projects:
            folder = tmp_path_factory.mktemp("production")
            projects[combination] = Production(installed(combination), folder, postgres.database() | redis.variables)
        return projects[combination]

    return get
