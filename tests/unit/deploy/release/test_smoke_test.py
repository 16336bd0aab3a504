"""What the smoke test keeps and what it rolls back, by how the site answered before."""

import json

import pytest

from ddpt_deploy.release import probe
from ddpt_deploy.site import releases

BROKEN = (probe.SERVER_ERROR, "/ answered 500")
REFUSED = (probe.CLIENT_ERROR, "/ answered 401")


@pytest.fixture
def deploy(swarm, site, run):
    """A function that deploys v2 on a site that runs v1; it returns the status, what was printed, and what is on record."""

    def deploy(*words, before=(0, ""), after=(0, "")):
        assert run("setup")[0] == 0
        swarm.answers = {"site:v1": before, "site:v2": after}
        status, printed = run("deploy", *words, version="v2")
        return status, printed, releases.history(site)[-1]

    return deploy


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((0, ""), BROKEN),
        ((0, ""), REFUSED),
        ((0, ""), (probe.MISSING_FILE, "/static/a.css answered 404")),
        (REFUSED, BROKEN),
        (BROKEN, (probe.UNREACHABLE, "TimeoutError")),
        # nothing makes up for these
        ((probe.DOWN, "database is down"), (probe.DOWN, "database is down")),
    ],
)
def test_a_release_that_answers_worse_than_before_is_rolled_back(deploy, before, after):
    status, printed, current = deploy(before=before, after=after)
    assert status == 1
    assert "https://localhost is unhealthy" in printed
    assert after[1] in printed
    assert "✓ restore" in printed
    assert current.version == "v1"


@pytest.mark.parametrize(("before", "after"), [(BROKEN, BROKEN), (REFUSED, REFUSED), (BROKEN, REFUSED)])
def test_a_release_that_answers_no_worse_than_before_stays(deploy, run, before, after):
    """Where a page wants a login, or what is broken is not the release, as a fix may well find it."""
    status, printed, current = deploy(before=before, after=after)
    assert status == 0, printed
    assert f"{after[1]} (no worse than before)" in printed
    assert (current.version, current.unhealthy) == ("v2", f"{after[1]} (no worse than before)")
    assert f"(unhealthy, {after[1]}" in run("releases")[1]


@pytest.mark.parametrize("after", [BROKEN, (probe.DOWN, "database is down")])
def test_force_keeps_a_release_and_is_recorded(deploy, run, after):
    status, printed, current = deploy("FORCE=1", after=after)
    assert status == 0, printed
    assert (current.version, current.unhealthy) == ("v2", f"{after[1]} (FORCE=1)")
    assert "(FORCE=1)" in run("releases")[1]


def test_what_was_forced_is_not_said_of_the_next_release(deploy, run, swarm, site):
    deploy("FORCE=1", after=BROKEN)
    swarm.answers = {}
    assert run("deploy-stack", "LOG_LEVEL=DEBUG")[0] == 0
    assert releases.history(site)[-1].unhealthy == ""


@pytest.mark.parametrize(("answer", "expected"), [(REFUSED, 0), (BROKEN, 1)])
def test_the_first_release_may_refuse_and_must_not_fail(swarm, run, answer, expected):
    swarm.answers["site:v1"] = answer
    assert run("setup")[0] == expected


def test_a_cache_that_does_not_answer_is_a_warning(deploy, swarm):
    swarm.states["cache"] = "degraded"
    status, printed, current = deploy()
    assert status == 0
    assert "The cache does not answer" in printed
    assert current.unhealthy == ""


def test_a_site_that_this_computer_does_not_reach_is_a_warning(deploy, swarm):
    swarm.answer_from_here = (probe.UNREACHABLE, "gaierror: Name or service not known")
    status, printed, current = deploy()
    assert status == 0
    assert "is healthy, but this computer cannot reach it: gaierror" in printed
    assert current.version == "v2"


@pytest.mark.parametrize(("answer", "expected"), [((0, ""), "v2"), ((probe.UNREACHABLE, "TimeoutError"), "v1")])
def test_without_a_container_on_this_engine_the_site_is_asked_from_here(run, swarm, site, answer, expected):
    assert run("setup")[0] == 0
    swarm._container_inspect = lambda *arguments: (1, "[]", "No such container: x")
    swarm.on_command = lambda arguments: setattr(
        swarm, "answer_from_here", answer if "site:v2" in str(swarm.services["site_django"]["Spec"]) else (0, "")
    )
    run("deploy", version="v2")
    assert releases.history(site)[-1].version == expected


def test_a_certificate_that_was_refused_shows_the_reason_of_the_authority(deploy, swarm):
    reason = "HTTP 400 urn:ietf:params:acme:error:dns - DNS problem: NXDOMAIN looking up A for shop.example.com"
    logged = {
        "level": "error",
        "logger": "tls.obtain",
        "msg": "could not get certificate from issuer",
        "identifier": "shop.example.com",
        "error": reason,
    }
    swarm.logs["site_caddy"] = "not JSON\n" + 2 * (json.dumps(logged, separators=(",", ":")) + "\n")
    status, printed, _ = deploy(after=(probe.UNREACHABLE, "SSLError: tlsv1 alert internal error"))
    assert status == 1
    assert "shop.example.com: no certificate." in printed
    assert printed.count(reason) == 1
    assert "make service-logs SERVICE=caddy" in printed


def test_another_page_is_asked_for(deploy, swarm):
    deploy("SMOKE_TEST_PATH=/about/")
    asked = [json.loads(words[-1]) for words in swarm.commands if words[0] == "exec" and "python" in words]
    assert ["caddy", "localhost", 443, "/about/", "maintenance_bypass="] in asked
