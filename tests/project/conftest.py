"""Fixtures for the tests that install and run baked projects. What they make is shared within a test process."""

import pytest

from support.installed import Installed, Production
from support.projects import EMAIL, bake, label
from support.services import PgBouncer, Postgres, Redis


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
