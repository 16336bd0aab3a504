"""What an attacker finds: containers that can do nothing, secrets nowhere, and the right headers everywhere."""

import json
import re
import socket
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.chromium import launch, patient
from support.engine import docker, docker_log
from support.processes import until

pytestmark = pytest.mark.site

# The proxy is Caddy, or NGINX with what gives it certificates.
SERVICES = ["backups", "django", "postgres", "proxy", "redis", "scheduler"]


def names_of(site, service):
    """Return the services of the site that one of those above stands for."""
    return {"caddy": ["caddy"], "nginx": ["certbot", "nginx"]}[site.proxy] if service == "proxy" else [service]


def inside(site, service, *command):
    """Run a command in a container, and return its exit status and what it prints."""
    result = subprocess.run(["docker", "exec", site.containers(service)[0], *command], capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_cannot_write_its_file_system(site, service):
    for name in names_of(site, service):
        for path in ("/x", "/etc/x", "/usr/bin/x"):
            status, printed = inside(site, name, "touch", path)
            assert status != 0
            assert "Read-only file system" in printed or "Permission denied" in printed
        assert json.loads(docker("inspect", site.containers(name)[0]))[0]["HostConfig"]["ReadonlyRootfs"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_no_capability(site, service):
    for name in names_of(site, service):
        _, status = inside(site, name, "cat", "/proc/1/status")
        # Caddy may open the ports 80 and 443, which is the capability number 10, and backups may read all files: number 2
        allowed = {"caddy": 1 << 10, "backups": 1 << 2}.get(name, 0)
        for field in ("CapPrm", "CapEff", "CapBnd"):
            assert int(re.search(rf"{field}:\s+(\w+)", status)[1], 16) & ~allowed == 0, field


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_is_not_root(site, service):
    for name in names_of(site, service):
        if name not in {"backups", "caddy"}:
            assert inside(site, name, "id", "-u")[1].strip() != "0"


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_limits(site, service):
    for name in names_of(site, service):
        limits = json.loads(docker("inspect", site.containers(name)[0]))[0]["HostConfig"]
        assert limits["Memory"] > 0
        assert limits["PidsLimit"] > 0


def test_only_the_proxy_has_ports(site):
    for service in SERVICES:
        for name in names_of(site, service):
            bindings = json.loads(docker("inspect", site.containers(name)[0]))[0]["HostConfig"]["PortBindings"]
            assert bool(bindings) == (name == site.proxy)


def test_secrets_are_nowhere(site):
    """Not in the image, the environment, the arguments, the logs, nor in what the engine tells of any of them."""
    values = {}
    for service, names in (
        ("django", "SECRET_KEY DATABASE_PASSWORD REDIS_PASSWORD"),
        ("postgres", "POSTGRES_PASSWORD"),
        ("backups", "RESTIC_PASSWORD"),
    ):
        for name in names.split():
            values[name] = inside(site, service, "cat", f"/run/secrets/{name}")[1].strip()
            assert len(values[name]) >= 40
    site.make("secrets")
    places = {"docker history": docker("history", "--no-trunc", running_image(site))}
    services = [name for each in SERVICES for name in names_of(site, each)]
    with ThreadPoolExecutor() as threads:
        seen = threads.map(lambda service: environments(site, service), services)
        places |= {f"environment, {service}": text for service, text in zip(services, seen, strict=True)}
    for service in services:
        container = site.containers(service)[0]
        places |= {
            f"docker inspect, {service}": docker("inspect", container),
            f"docker service inspect, {service}": docker("service", "inspect", site.service(service)),
            f"docker top, {service}": docker("top", container, "-eo", "pid,args"),
            f"docker service logs, {service}": docker_log(site.service(service), "24h"),
        }
    for kind in ("config", "secret"):
        ids = docker(kind, "ls", "--quiet", "--filter", f"name={site.stack}").split()
        places[f"docker {kind} inspect"] = docker(kind, "inspect", "--pretty", *ids)
    places["make secrets"] = site.make("secrets")
    found = [(name, place) for place, text in places.items() for name, value in values.items() if value in text]
    assert found == []


def environments(site, service):
    """Return the environment of all processes of a container, during 11 seconds, and so of a health check."""
    read = "while :; do cat /proc/[0-9]*/environ; done 2>/dev/null"
    return inside(site, service, "sh", "-c", f"timeout 11 sh -c '{read}' | tr '\\0' '\\n' | sort -u")[1]


def test_nothing_but_the_project_is_in_the_image(site):
    listed = docker("run", "--rm", "--entrypoint", "find", running_image(site), "/app", "-maxdepth", "1").split()
    names = {path.removeprefix("/app").strip("/") for path in listed} - {""}
    assert names <= {site.project.name, "manage.py", "gunicorn.conf.py", "locale", "staticfiles"}


def running_image(site):
    return json.loads(docker("inspect", site.containers("django")[0]))[0]["Image"]


LARGE = b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' + b"x" * 26_000_000 + b"\r\n--b--\r\n"

# What browsers are told, for each kind of answer. The names are those of the table in docs/production.md.
HSTS = {"Strict-Transport-Security": r"max-age=\d+.*"}
COMMON = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}
STRICT = {"Content-Security-Policy": "default-src 'self'.*frame-ancestors 'none'.*"}
HEADERS = {
    "page": ("/", 200, COMMON | STRICT | {"Cross-Origin-Opener-Policy": "same-origin"}),
    "log-in": ("/accounts/login/", 200, COMMON | STRICT | {"Cache-Control": ".*no-store.*"}),
    "admin": ("/admin/login/", 200, COMMON | {"Content-Security-Policy": "default-src 'self'.*"}),
    "static file": ("STATIC", 200, COMMON | {"Cache-Control": "public, max-age=31536000, immutable"}),
    "not found": ("/nothing", 404, COMMON | STRICT),
    "static file not found": ("/static/nothing.css", 404, COMMON | STRICT),
    "too large": ("/proof/upload/", 413, COMMON),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_headers(site, kind):
    path, status, expected = HEADERS[kind]
    if path == "STATIC":
        path = re.search(r'href="(/static/[^"]+)"', site.ask("/proof/").text)[1]
    if kind == "too large":
        answer = site.ask(path, "POST", LARGE, Content_Type="multipart/form-data; boundary=b")
    else:
        answer = site.ask(path)
    print(f"HEADERS {kind}: " + "; ".join(f"{name}: {value}" for name, value in answer.headers.items()))
    assert answer.status == status
    for name, pattern in (expected | HSTS).items():
        values = answer.headers.get_all(name) or []
        # the proxy and Django never both add one
        assert len(values) == 1, f"{name}: {values}"
        assert re.fullmatch(pattern, values[0]), f"{name}: {values}"
    # NGINX cannot leave it out, and has no version in it
    assert answer.headers["Server"] == {"caddy": None, "nginx": "nginx"}[site.proxy]
    if status != 200:
        assert "max-age" not in answer.headers.get("Cache-Control", "")


def test_http_redirects_to_https(site):
    with socket.create_connection(("127.0.0.1", site.http_port)) as connection:
        connection.sendall(b"GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = connection.makefile().read()
    assert answer.startswith("HTTP/1.1 308")
    assert f"Location: {site.url}/a?b=c" in answer


def test_compression(site):
    path = re.search(r'href="(/static/[^"]+)"', site.ask("/").text)[1]
    # NGINX itself has no module for Brotli
    encoding = {"caddy": "br", "nginx": "gzip"}[site.proxy]
    assert site.ask(path, Accept_Encoding=f"{encoding}, deflate").headers["Content-Encoding"] == encoding
    assert site.ask("/accounts/login/", Accept_Encoding="gzip").headers["Content-Encoding"] == "gzip"


@pytest.mark.long
@patient
@pytest.mark.parametrize("protocol", ["h2", "h3"])
def test_browsers_get_the_newest_protocols(site, chromium, protocol):
    assert f'h3=":{site.port}"' in site.ask("/").headers["Alt-Svc"]
    arguments = []
    if protocol == "h3":
        # over QUIC no error of a certificate is passed over, unless its key is named
        arguments = [
            f"--origin-to-force-quic-on=localhost:{site.port}",
            f"--ignore-certificate-errors-spki-list={key_of_certificate(site)}",
        ]
    browser = launch(chromium.browser_type, *arguments)
    page = browser.new_page(ignore_https_errors=True)
    page.goto(site.url)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == protocol
    browser.close()


def key_of_certificate(site):
    """Return the hash of the public key by which Chromium knows a certificate."""
    certificate = ssl.get_server_certificate(("localhost", site.port))
    command = "openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64"
    return subprocess.run(
        command, shell=True, check=True, input=certificate, capture_output=True, text=True
    ).stdout.strip()


def test_forged_client_address_is_ignored(site):
    honest = site.ask("/proof/who/").json()
    forged = site.ask("/proof/who/", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="http").json()
    assert forged["address"] == honest["address"] != "203.0.113.9"
    assert forged["scheme"] == "https"


def test_tokens_reach_no_log(site):
    site.ask("/accounts/reset/MQ/secret-token-in-path/?next=secret-in-query", Referer=f"{site.url}/?secret-in-referer")
    for service in map(site.service, (site.proxy, "django")):
        until(lambda service=service: "/accounts/reset/" in docker_log(service, "1m"))
        log = docker_log(service, "1m")
        assert not re.search("secret-token-in-path|secret-in-query|secret-in-referer", log)


def test_a_request_has_one_id_in_both_logs(site):
    name = site.ask("/proof/who/", X_Request_ID="forged").headers["X-Request-ID"]
    assert name != "forged"
    for service in map(site.service, (site.proxy, "django")):
        until(lambda service=service: name in docker_log(service, "1m"))


def seconds_until_dropped(site, sent):
    """Send the beginning of a request and no more, and return after how many seconds the site gives up."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", site.port)) as plain:
        connection = context.wrap_socket(plain, server_hostname="localhost")
        connection.sendall(sent)
        connection.settimeout(30)
        start = time.monotonic()
        while connection.recv(1000):
            pass
        return time.monotonic() - start


@pytest.mark.long
def test_a_client_that_sends_half_a_head_is_dropped(site):
    assert 5 < seconds_until_dropped(site, b"GET / HTTP/1.1\r\nHost: loc") < 15


@pytest.mark.long
def test_a_client_that_sends_half_a_body_is_dropped(site):
    """With a limit that the test can wait for."""
    edit = {
        "caddy": ("deployment/caddy/Caddyfile", "read_body 2m", "read_body 4s"),
        "nginx": ("deployment/nginx/nginx.conf", "client_body_timeout 30s", "client_body_timeout 4s"),
    }
    site.edit(*edit[site.proxy])
    site.make(f"deploy-{site.proxy}")
    half = b"POST /proof/upload/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
    assert 2 < seconds_until_dropped(site, half) < 15
    site.git("checkout", "--quiet", ".")
    site.make(f"deploy-{site.proxy}")


# Of NGINX, certbot writes the certificates.
CERTIFICATES = {"caddy": ["deploy-caddy"], "nginx": ["deploy-certbot", "deploy-nginx"]}


@pytest.mark.long
def test_other_hosts_redirect_to_domain(site):
    site.make(*CERTIFICATES[site.proxy], WWW_REDIRECT="yes", DOMAIN_ALIASES="a.localhost b.localhost")
    answers = [site.ask("/a?b=c", host=host) for host in ("www.localhost", "a.localhost", "b.localhost")]
    site.make(*CERTIFICATES[site.proxy])
    for answer in answers:
        assert answer.status == 301
        assert answer.headers["Location"] == f"{site.url}/a?b=c"


@pytest.mark.long
def test_a_release_does_not_serve_on_a_database_that_lacks_its_migrations(site):
    """Rolled out past `make deploy`, which would have migrated."""
    service, before = site.service("django"), site.containers("django")
    site.change()
    image = re.search(rf"{site.stack}:\S+", site.make("build-image"))[0]
    docker("service", "update", "--detach", "--no-resolve-image", "--image", image, service)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        state = json.loads(docker("service", "inspect", service))[0].get("UpdateStatus", {}).get("State")
        if state == "rollback_completed":
            break
        time.sleep(1)
    assert state == "rollback_completed"
    assert "Planned operations:" in docker_log(service, "3m")
    assert site.containers("django") == before
    site.undo()
    # the engine's own update is forgotten by the next deploy
    site.make("deploy-django")
