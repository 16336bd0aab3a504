"""Fixtures for the tests of sites on a swarm: an engine, a site on it, and traffic to the site."""

import os

import pytest
from filelock import FileLock

from support.engine import missing_engine
from support.projects import EVERYTHING, NGINX, NOTHING
from support.site import Site
from support.traffic import Traffic


@pytest.fixture(scope="session")
def engine():
    """A Docker Engine that is in no swarm but that of these tests."""
    if reason := missing_engine():
        pytest.skip(reason)


# Both are on one engine at the same time, as production and staging may be; each has a process of pytest to itself. One has
# Caddy, the other one NGINX.
SITES = {
    "everything": (EVERYTHING, {}),
    "nothing": (NOTHING | {NGINX}, {"ENVIRONMENT": "staging", "HTTP_PORT": "8480", "HTTPS_PORT": "8443"}),
}


def parameter(name):
    """Return the parameter for a site: `make test` has one, with the machine to itself, and `make proof` both."""
    long = [] if name == "everything" else [pytest.mark.long]
    return pytest.param(name, marks=[pytest.mark.xdist_group(name), *long])


@pytest.fixture(scope="session")
def swarm_lock(tmp_path_factory):
    """A lock for `make setup`, of which the first makes the swarm for all."""
    return FileLock(tmp_path_factory.getbasetemp().parent / "swarm.lock")


@pytest.fixture(scope="session", params=[parameter(name) for name in SITES])
def site(request, engine, swarm_lock, tmp_path_factory):
    """The site of a project with everything in it, or with nothing, as `make setup` makes it, with an app for the load."""
    combination, settings = SITES[request.param]
    site = Site(tmp_path_factory.mktemp(request.param), f"proof-{request.param}", combination, **settings)
    site.add_proof()
    with swarm_lock:
        site.make("setup", YES="1")
    yield site
    site.remove()


@pytest.fixture(scope="module")
def traffic(site):
    """Load on the site for as long as a module of tests lasts."""
    traffic = Traffic(site.url, rate=float(os.environ.get("PROOF_RATE", "50")))
    traffic.start()
    yield traffic
    traffic.stop()
