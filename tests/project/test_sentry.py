"""Sentry, as a server that parses what it gets: envelopes of errors, and what its API is told of releases."""

import json
import os
import re
import statistics
import subprocess
import sys
import time

import brotli
import pytest

from support.http_peer import http_peer
from support.processes import free_port, until
from support.projects import EVERYTHING, bake, grouped, label

pytestmark = pytest.mark.xdist_group(label(EVERYTHING))

ALONE = frozenset({"use_sentry_for_error_reporting"})
# A site with a page that fails, and knows secrets.
SETTINGS = """
from PACKAGE.config.production import *
ROOT_URLCONF = "broken_urls"
"""
URLS = """
import os
from django.urls import path
from PACKAGE.config.urls import handler500, urlpatterns

def broken(request):
    header, address, session = request.headers["Authorization"], os.environ["DATABASE_URL"], dict(request.COOKIES)
    user, password = request.user.email, request.POST.get("password")
    raise RuntimeError("broken page")

urlpatterns = [path("broken/", broken), *urlpatterns]
"""


def events(peer):
    """Return the errors in all envelopes: https://develop.sentry.dev/sdk/foundations/transport/envelopes/"""
    found = []
    for request in peer.requests:
        assert request.path == "/api/1/envelope/"
        assert "sentry_key=key" in request.headers["X-Sentry-Auth"]
        rest = brotli.decompress(request.body)
        envelope, _, rest = rest.partition(b"\n")
        json.loads(envelope)
        while rest.strip():
            header, _, rest = rest.partition(b"\n")
            item = json.loads(header)
            payload, rest = rest[: item["length"]], rest[item["length"] + 1 :]
            if item["type"] == "event":
                found.append(json.loads(payload))
    return found


@pytest.fixture
def accepting():
    """A server that accepts every envelope."""
    with http_peer(lambda request: (200, b'{"id": "1"}')) as peer:
        peer.dsn = f"http://key@{peer.host}/1"
        yield peer


@pytest.fixture(scope="module", params=grouped([EVERYTHING, ALONE], long={ALONE}))
def project(request, production):
    """A project with Sentry: with everything else, or with nothing else."""
    return production(request.param)


@pytest.fixture
def broken(project, tmp_path):
    """The variables of a site with a page that fails."""
    for name, text in {"broken_settings": SETTINGS, "broken_urls": URLS}.items():
        (tmp_path / f"{name}.py").write_text(text.replace("PACKAGE", project.installed.name))
    return {"PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "broken_settings", "WEB_CONCURRENCY": "1"}


def wait_for_events(peer, count):
    """Wait for a number of errors, and return them."""
    until(lambda: len(events(peer)) >= count)
    return events(peer)


@pytest.mark.parametrize("frame_variables", ["false", pytest.param("true", marks=pytest.mark.long)])
def test_an_error_of_a_page_has_what_finds_it_and_no_secret(project, broken, accepting, frame_variables):
    cookie = project.session()
    variables = {"SENTRY_DSN": accepting.dsn, "RELEASE": "3f2a1bc", "ENVIRONMENT": "staging"}
    with project.gunicorn(**broken, **variables, SENTRY_FRAME_VARIABLES=frame_variables) as server:
        headers = {"Cookie": cookie, "Authorization": "Bearer the-token-of-a-client", "X_Request_ID": "from-the-proxy"}
        assert server.get("/broken/?token=the-token-of-a-link", **headers).status_code == 500
        [event] = wait_for_events(accepting, 1)
    assert event["exception"]["values"][-1]["value"] == "broken page"
    assert (event["release"], event["environment"]) == ("3f2a1bc", "staging")
    assert event["tags"]["request_id"] == "from-the-proxy"
    assert re.fullmatch(r"\d+", event["user"].pop("id"))
    assert event["user"] == {}
    assert ("vars" in event["exception"]["values"][-1]["stacktrace"]["frames"][-1]) == (frame_variables == "true")
    sent = json.dumps(event)
    environment = project.environment
    for secret in (
        cookie.partition("=")[2],
        "the-token-of-",
        project.secret_key,
        environment["DATABASE_PASSWORD"],
        environment["REDIS_PASSWORD"],
        environment["DATABASE_URL"].partition("://")[2],
        *(["visitor@example.com"] if frame_variables == "false" else []),
    ):
        assert not re.findall(r".{0,60}" + re.escape(secret), sent)


def test_an_error_of_a_command_arrives(project, accepting):
    command = ["shell", "--no-imports", "--command", "raise RuntimeError('broken command')"]
    assert project.manage(*command, SENTRY_DSN=accepting.dsn, RELEASE="3f2a1bc").returncode == 1
    [event] = events(accepting)
    assert event["exception"]["values"][-1]["value"] == "broken command"
    assert event["release"] == "3f2a1bc"
    assert not event.get("user")


def test_a_deploy_that_fails_arrives(project, accepting, tmp_path):
    """Its migrations were not applied; or its containers end as they start."""
    url = "postgres://app:hunter2@127.0.0.1:1/app"
    variables = {"SENTRY_DSN": accepting.dsn, "RELEASE": "3f2a1bc"}
    done = project.manage("migrate_release", DATABASE_URL=url, DATABASE_PASSWORD="", **variables)
    assert done.returncode == 1
    [event] = events(accepting)
    assert event["logentry"]["message"] == "The migrations were not applied."
    assert event["exception"]["values"][-1]["type"] == "OperationalError"
    assert event["release"] == "3f2a1bc"
    assert "hunter2" not in json.dumps(event)

    (tmp_path / "crash.py").write_text(
        f"from {project.installed.name}.config.production import *\nINSTALLED_APPS += ['an_app_that_is_not_there']\n"
    )
    crash = {"PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "crash"}
    assert project.manage("migrate", "--check", **crash, **variables).returncode == 1
    assert events(accepting)[-1]["exception"]["values"][-1]["value"] == "No module named 'an_app_that_is_not_there'"


@pytest.mark.parametrize("trouble", ["slow", *(pytest.param(one, marks=pytest.mark.long) for one in ("down", "wrong"))])
def test_a_server_of_sentry_in_trouble_slows_no_page(project, broken, accepting, trouble):
    dsn = f"http://key@127.0.0.1:{free_port()}/1" if trouble == "down" else accepting.dsn
    accepting.answer = lambda request: (401, b"<html>not JSON")
    if trouble == "slow":
        accepting.answers.clear()
    times = {"with": [], "without": []}
    with project.gunicorn(**broken) as without, project.gunicorn(**broken, SENTRY_DSN=dsn) as reporting:
        for _ in range(40):
            for name, server in (("with", reporting), ("without", without)):
                start = time.perf_counter()
                assert server.get("/broken/", Authorization="none").status_code == 500
                times[name].append(time.perf_counter() - start)
        # All of them are answered, whatever comes of what was sent: of the slow one nothing does.
        if trouble == "wrong":
            until(lambda: len(accepting.requests) > 1)
        else:
            assert len(accepting.requests) == (trouble == "slow")
        accepting.answers.set()
    ratio = statistics.median(times["with"]) / statistics.median(times["without"])
    print(f"Sentry is {trouble}: the median of a page that fails is {ratio:.2f} times that without Sentry")
    assert ratio < 5


class Api:
    """Sentry's API, as far as releases go: https://docs.sentry.io/api/releases/"""

    def __init__(self):
        self.releases, self.deploys = {}, []

    def __call__(self, request):
        if request.headers.get("Authorization") != "Bearer the-token":
            return 401, b'{"detail": "Invalid token"}'
        path, _, _ = request.path.removeprefix("/api/0/organizations/acme/releases/").partition("?")
        if request.method == "GET":
            return 200, json.dumps([{"version": version} for version in reversed(self.releases)]).encode()
        sent = json.loads(request.body)
        if path.endswith("/deploys/"):
            self.deploys.append((path.removesuffix("/deploys/"), sent["environment"]))
        else:
            assert sent["projects"] == ["shop"]
            self.releases[sent["version"]] = [commit["message"] for commit in sent.get("commits", [])]
        return 201, b"{}"


@pytest.fixture
def announce(tmp_path):
    """A function that runs the hook in a repository after a commit; and what is needed to run it."""
    hook = bake(tmp_path, EVERYTHING) / "deployment/hooks/after-record"
    repository = tmp_path / "repository"
    identity = {f"GIT_{who}_{what}": "ada@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ENVIRONMENT": "production"} | identity

    def git(*arguments):
        return subprocess.run(
            ["git", *arguments], cwd=repository, env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    repository.mkdir()
    git("init", "--quiet")

    def announce(message=None, **variables):
        if message:
            git("commit", "--quiet", "--allow-empty", "--message", message)
        version = variables.pop("VERSION", None) or git("rev-parse", "--short=12", "HEAD")
        done = subprocess.run(
            [sys.executable, hook],
            cwd=repository,
            env=environment | {"VERSION": version} | variables,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0
        assert "Traceback" not in done.stderr
        return version, done.stderr

    return announce


@pytest.mark.long
def test_sentry_is_told_of_a_release_and_its_commits(announce):
    api = Api()
    with http_peer(api) as peer:
        token = {"SENTRY_AUTH_TOKEN": "the-token", "SENTRY_ORG": "acme", "SENTRY_PROJECT": "shop"}
        token["SENTRY_URL"] = f"http://{peer.host}/"
        announce("Begin")
        assert not peer.requests
        first, _ = announce("Sell Übergrößen", **token)
        second, _ = announce("Take back", **token, ENVIRONMENT="staging")
        dirty, _ = announce(VERSION="3f2a1bc-20261125", **token)
        assert api.releases == {first: ["Sell Übergrößen", "Begin"], second: ["Take back"], dirty: []}
        assert api.deploys == [(first, "production"), (second, "staging"), (dirty, "production")]

        _, printed = announce(**token | {"SENTRY_AUTH_TOKEN": "wrong"})
        assert printed == "Sentry was not told of the release: HTTP Error 401: Unauthorized\n"
        _, printed = announce(SENTRY_AUTH_TOKEN="the-token")
        assert printed == "Sentry was not told of the release: SENTRY_ORG is required. → export SENTRY_ORG=...\n"
        peer.answers.clear()
        _, printed = announce(**token)
        assert "timed out" in printed
    _, printed = announce(**token)
    assert "Connection refused" in printed
