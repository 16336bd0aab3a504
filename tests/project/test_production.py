"""A project with the production settings, PostgreSQL and Redis, served by gunicorn and asked over HTTP."""

import gzip
import json
import re
import signal
import socket
import subprocess

import pytest
import requests

from support.installed import links
from support.processes import until
from support.projects import EVERYTHING, covering, extremes, grouped

of_pairs = pytest.mark.parametrize("combination", covering())
both = pytest.mark.parametrize("combination", extremes())

PAGES = ["/", "/accounts/login/", "/accounts/password_reset/", "/admin/login/"]


# Asks for the home page, and prints its status and what has been imported by then.
FIRST_PAGE = """
import os, sys
from importlib import import_module
from wsgiref.util import setup_testing_defaults
application = import_module(os.environ["DJANGO_SETTINGS_MODULE"].replace(".production", ".wsgi")).application
environ = {"HTTP_HOST": "localhost", "HTTP_X_FORWARDED_PROTO": "https", "REMOTE_ADDR": "127.0.0.1"}
setup_testing_defaults(environ)
application(environ, lambda status, headers: print(status))
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def site(production):
    """A function that returns the running site of a combination, and ends the one before."""
    running = {}

    def get(combination):
        if combination not in running:
            stop()
            context = production(combination).gunicorn()
            running[combination] = context.__enter__(), context
        return running[combination][0]

    def stop():
        for _, context in running.values():
            context.__exit__(None, None, None)
        running.clear()

    yield get
    stop()


@of_pairs
def test_check_deploy_finds_no_issues(combination, production):
    done = production(combination).manage("check", "--deploy", "--fail-level", "DEBUG")
    assert done.returncode == 0
    assert re.fullmatch(r"System check identified no issues \(\d silenced\)\.\n", done.stdout + done.stderr)


@of_pairs
def test_all_missing_variables_are_listed_at_once(combination, production):
    project = production(combination)
    done = subprocess.run(
        [project.folder / "venv/bin/python", "manage.py", "check"],
        cwd=project.installed.path,
        env={"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": f"{project.installed.name}.config.production"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    for variable in ("SECRET_KEY", "DOMAIN_NAME", "DATABASE_URL", "REDIS_URL", "EMAIL_HOST"):
        assert variable in done.stderr


@of_pairs
def test_development_packages_are_not_there(combination, production):
    project = production(combination)
    for module in ("debug_toolbar", "django_extensions", "ipdb", "pytest", "black", "mypy"):
        done = subprocess.run([project.folder / "venv/bin/python", "-c", f"import {module}"], capture_output=True)
        assert b"ModuleNotFoundError" in done.stderr, module


@of_pairs
def test_first_page_waits_for_no_import_of_what_is_not_used(combination, production):
    project = production(combination)
    done = subprocess.run(
        [project.folder / "venv/bin/python", "-c", FIRST_PAGE],
        cwd=project.installed.path,
        env=project.environment,
        capture_output=True,
        text=True,
    )
    status, modules = done.stdout.splitlines()
    assert status == "200 OK", done.stderr
    assert not {"anymail", "boto3", "botocore", "prometheus_client", "redis", "sentry_sdk"} & set(modules.split())


@of_pairs
def test_pages_and_all_that_they_load(combination, site):
    server = site(combination)
    for page in PAGES:
        response = server.get(page)
        assert response.status_code == 200, page
        assert links(response.text)
        for link in links(response.text):
            assert server.get(link).status_code == 200, link


@of_pairs
def test_static_files_are_hashed_compressed_and_cached(combination, site):
    server = site(combination)
    [style] = re.findall(r'href="(/static/core/style[^"]+)"', server.get("/").text)
    assert re.fullmatch(r"/static/core/style\.[0-9a-f]{12}\.css", style)

    plain = server.get(style, Accept_Encoding="identity")
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert plain.headers["Vary"] == "Accept-Encoding"

    zipped = requests.get(
        f"http://127.0.0.1:{server.port}{style}",
        headers={"Host": "localhost", "X-Forwarded-Proto": "https", "Accept-Encoding": "gzip"},
        stream=True,
    )
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.raw.read(decode_content=False)) == plain.content

    brotli = server.get(style, Accept_Encoding="br, gzip")
    assert brotli.headers["Content-Encoding"] == "br"
    assert int(brotli.headers["Content-Length"]) < int(zipped.headers["Content-Length"]) < len(plain.content)
    assert server.get("/static/core/style.css").status_code == 404  # only hashed names are kept


@of_pairs
def test_security_headers(combination, site):
    response = site(combination).get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["Strict-Transport-Security"] == "max-age=3600"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]
    login = site(combination).get("/accounts/login/")
    assert re.match(r"__Host-csrftoken=.*; Path=/; .*Secure", login.headers["Set-Cookie"])


@of_pairs
def test_only_https_and_only_its_own_host(combination, site):
    server = site(combination)
    response = server.get("/accounts/login/?next=/", X_Forwarded_Proto="http")
    assert response.status_code == 301
    assert response.headers["Location"] == "https://localhost/accounts/login/?next=/"
    assert server.get("/", Host="evil.example").status_code == 400


@of_pairs
def test_health(combination, site):
    server = site(combination)
    alive = server.get("/livez", Host="10.0.0.7", X_Forwarded_Proto="http")
    assert (alive.status_code, alive.text) == (200, "ok")
    ready = server.get("/readyz", Host="10.0.0.7", X_Forwarded_Proto="http")
    assert (ready.status_code, ready.json()) == (200, dict.fromkeys(("database", "cache", "migrations"), "ok"))


@of_pairs
def test_logs_are_json_and_hold_no_secret(combination, site, production):
    server = site(combination)
    server.get("/nowhere", X_Request_ID="from-the-proxy", X_Forwarded_For="203.0.113.9")
    server.get("/livez?me")
    server.get("/readyz?me")
    line = next(line for line in server.lines() if line["request_id"] == "from-the-proxy" and "status" in line)
    assert line["status"] == 404
    assert line["client"] == "203.0.113.9"
    assert line["duration_ms"] > 0
    text = server.log.read_text()
    assert "livez" not in text
    assert "readyz" not in text
    assert {json.loads(line)["logger"] for line in text.splitlines()} >= {"gunicorn.error", "django.request"}
    project = production(combination)
    for secret in (project.secret_key, project.environment["DATABASE_PASSWORD"], project.environment["REDIS_PASSWORD"]):
        assert secret not in text


@of_pairs
def test_gunicorn_stops_without_errors(combination, production):
    with production(combination).gunicorn() as server:
        assert server.get("/").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    assert "Traceback" not in server.log.read_text()


@both
def test_gunicorn_stops_while_its_processes_start(combination, production, tmp_path):
    project = production(combination)
    slow = tmp_path / "gunicorn.conf.py"
    # a new process has the handlers of the first one until it has set its own
    slow.write_text(
        (project.installed.path / "gunicorn.conf.py").read_text()
        + "\n\ndef post_fork(server, worker):\n    __import__('time').sleep(1)\n"
    )
    with project.gunicorn("--config", str(slow)) as server:
        until(lambda: "Booting worker" in server.log.read_text())
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


@both
def test_gunicorn_takes_no_connection_that_would_wait_for_a_thread(combination, production):
    """A process whose only thread waits for the rest of a request leaves all other connections to the other process."""
    with production(combination).gunicorn(GUNICORN_THREADS="1") as server:
        assert server.get("/").status_code == 200
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(20):
                assert server.get("/").status_code == 200


@both
def test_invalid_settings_stop_gunicorn_before_workers_start(combination, production):
    """Its last line names the variable, and no value is there."""
    project = production(combination)
    done = subprocess.run(
        [project.folder / "venv/bin/gunicorn", "--bind", "127.0.0.1:0"],
        cwd=project.installed.path,
        env=project.environment | {"SECRET_KEY": "hunter2", "REDIS_URL": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "SECRET_KEY: It must have at least 50" in done.stderr
    assert "REDIS_URL: It is required." in done.stderr
    assert "hunter2" not in done.stderr
    assert "worker" not in done.stdout + done.stderr.partition("ImproperlyConfigured")[2]


class Visitor(requests.Session):
    """A session over HTTPS that can send Django's forms."""

    def __init__(self, server, certificate):
        super().__init__()
        self.trust_env = False  # or a variable's certificates win over this one
        self.server, self.verify = server, str(certificate)

    def open(self, path):
        return self.get(self.server.address + path, timeout=30)

    def submit(self, path, **fields):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(path).text)[1]
        address = self.server.address + path
        return self.post(address, {"csrfmiddlewaretoken": token} | fields, headers={"Referer": address}, timeout=30)


@both
def test_users_stay_logged_in_during_redis_outage(combination, production, redis):
    project = production(combination)
    password = "an-unusual-password-7"
    login = project.create_superuser("ada", password)
    with project.https() as server:
        visitor = Visitor(server, project.folder / "certificate.pem")
        assert "__Host-sessionid" not in visitor.cookies
        assert visitor.submit("/accounts/login/", username=login, password=password).url == server.address + "/"
        assert "__Host-sessionid" in visitor.cookies
        try:
            redis.stop()
            assert visitor.open("/accounts/password_change/").url.endswith("/accounts/password_change/")
            ready = visitor.open("/readyz")
            assert (ready.status_code, ready.json()["cache"], ready.json()["database"]) == (200, "degraded", "ok")
        finally:
            redis.start()
        assert visitor.open("/accounts/password_change/").url.endswith("/accounts/password_change/")
    assert password not in server.log.read_text()


@pytest.mark.parametrize("combination", grouped([EVERYTHING]))
@pytest.mark.parametrize("outage", ["hangs", pytest.param("vanishes", marks=pytest.mark.long)])
def test_a_logout_holds_when_redis_comes_back_with_its_memory(combination, production, redis, outage):
    project = production(combination)
    name, _, value = project.session().partition("=")
    with project.https() as server:
        visitor = Visitor(server, project.folder / "certificate.pem")
        visitor.cookies.set(name, value, secure=True, path="/")
        private = "/accounts/password_change/"
        assert visitor.open(private).url == server.address + private
        with redis.outage(outage):
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', visitor.open(private).text)[1]
            referer = {"Referer": server.address + private}
            form = {"csrfmiddlewaretoken": token}
            visitor.post(server.address + "/accounts/logout/", form, headers=referer, timeout=30)
        visitor.cookies.set(name, value, secure=True, path="/")
        assert visitor.open(private).url == f"{server.address}/accounts/login/?next={private}"


@pytest.mark.long
@both
def test_failed_logins_are_throttled_across_processes(combination, production):
    with production(combination).https() as server:
        visitor = Visitor(server, production(combination).folder / "certificate.pem")
        statuses = [
            visitor.submit("/accounts/login/", username="nobody", password="wrong").status_code for _ in range(11)
        ]
        assert statuses == [200] * 10 + [429]
        [line] = [line for line in server.lines() if line["logger"].endswith(".core.throttle")]
        assert line["level"] == "WARNING"
        assert "nobody 127.0.0.1" in line["message"]
    assert production(combination).manage("reset_throttle").returncode == 0
