"""The Caddyfile, in a Caddy of its own: whom it believes, which hosts it serves, and what it keeps to itself."""

import json
import subprocess

import pytest

from ddpt_deploy.release import caddy
from ddpt_deploy.site import settings
from support.engine import docker
from support.processes import until
from support.projects import DEFAULTS

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("caddyfile")]

NAME = "ddpt-caddyfile"
# Its address is a trusted range of one; the other one asks from an address that nobody trusts.
BALANCER, STRANGER = "172.29.214.10", "172.29.214.20"
RANGES = f"{BALANCER} 203.0.113.0/24, 2001:db8::/32"

# What reaches Django. A Caddy stands in for it, which repeats what it was asked.
DJANGO = """{
	auto_https off
}
:8000 {
	respond <<JSON
		{"forwarded_for": "{http.request.header.X-Forwarded-For}", "proto": "{http.request.header.X-Forwarded-Proto}",
		"host": "{http.request.host}", "path": "{http.request.uri.path}"}
		JSON
}
"""

# A proxy in front of the site, which hands on all that its client sends; the port decides by which protocol.
FRONT = """{
	auto_https off
	servers {
		trusted_proxies static 0.0.0.0/0 ::/0
	}
}
(to) {
	reverse_proxy {args[0]} {
		header_up Host {http.request.header.X-Test-Host}
		header_up X-Forwarded-For {http.request.header.X-Test-Forwarded-For}
		header_up X-Forwarded-Proto {http.request.header.X-Test-Forwarded-Proto}
		transport http {
			{block}
		}
	}
}
:8080 {
	import to http://caddy:80
}
:8001 {
	import to https://caddy:443 {
		tls_insecure_skip_verify
		tls_server_name localhost
		versions 1.1
	}
}
:8002 {
	import to https://caddy:443 {
		tls_insecure_skip_verify
		tls_server_name localhost
		versions 2
	}
}
:8003 {
	import to https://caddy:443 {
		tls_insecure_skip_verify
		tls_server_name localhost
		versions 3
	}
}
"""
TLS = {"HTTP/1.1": 8001, "HTTP/2": 8002, "HTTP/3": 8003}


class Proxies:
    """A Caddy with the project's Caddyfile, two proxies in front of it, and what stands in for Django behind it."""

    def __init__(self, folder, project):
        self.caddyfile = project / "deployment/caddy/Caddyfile"
        typed = {"DOMAIN_NAME": "localhost", "WWW_REDIRECT": "yes", "TRUSTED_PROXY_RANGES": RANGES}
        self.site = settings.load("production", project / "deployment", shell={}, typed=typed)
        (folder / "django").write_text(DJANGO)
        (folder / "front").write_text(FRONT)
        docker("network", "create", "--subnet", "172.29.214.0/24", NAME)
        self.run("django", folder / "django", "--network-alias", "tasks.django")
        self.run("caddy", self.caddyfile, "--network-alias", "caddy", **caddy.environment(self.site))
        self.run("balancer", folder / "front", "--ip", BALANCER)
        self.run("stranger", folder / "front", "--ip", STRANGER)

    def run(self, name, caddyfile, *options, **environment):
        docker(
            "run", "--detach", "--name", f"{NAME}-{name}", "--network", NAME, *options,
            *(word for variable, value in environment.items() for word in ("--env", f"{variable}={value}")),
            "--volume", f"{caddyfile}:/etc/caddy/Caddyfile:ro", "caddy:2-alpine",
        )  # fmt: skip

    def ask(self, front, port, path="/", *, host="localhost", forwarded_for="", proto="https"):
        """Ask for a page through a proxy in front; return the status, the headers and the text."""
        address = {"balancer": BALANCER, "stranger": STRANGER}[front]
        curl = [
            "curl",
            "--silent",
            "--show-error",
            "--include",
            "--max-time",
            "10",
            "--retry",
            "9",
            "--retry-connrefused",
        ]
        sent = {"X-Test-Host": host, "X-Test-Forwarded-For": forwarded_for, "X-Test-Forwarded-Proto": proto}
        headers = [word for name, value in sent.items() if value for word in ("--header", f"{name}: {value}")]
        printed = subprocess.run(
            [*curl, *headers, f"http://{address}:{port}{path}"], check=True, capture_output=True, text=True
        ).stdout
        head, _, text = printed.partition("\n\n")
        status, *lines = head.splitlines()
        return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), text

    @staticmethod
    def remove():
        for name in ("django", "caddy", "balancer", "stranger"):
            docker("rm", "--force", "--volumes", f"{NAME}-{name}", check=False)
        docker("network", "rm", NAME, check=False)


@pytest.fixture(scope="module")
def proxies(engine, tmp_path_factory, baked):
    try:
        proxies = Proxies(tmp_path_factory.mktemp("caddyfile"), baked(DEFAULTS))
        until(
            lambda: (proxies.ask("balancer", TLS["HTTP/3"])[0], proxies.ask("stranger", 8080)[0]) == (200, 308),
            log=lambda: docker("logs", f"{NAME}-caddy", errors=True),
        )
        yield proxies
    finally:
        Proxies.remove()


@pytest.mark.parametrize("port", TLS.values(), ids=TLS)
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.localhost", "172.29.214.3", "a.b:443"]
)
def test_unknown_host_gets_421(proxies, port, host):
    status, headers, text = proxies.ask("stranger", port, host=host)
    assert (status, text) == (421, "")
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("front", ["balancer", "stranger"])
def test_http_does_not_redirect_unknown_hosts(proxies, front):
    status, headers, _ = proxies.ask(front, 8080, "/a", host="evil.example")
    assert status == 421
    assert "Location" not in headers


@pytest.mark.parametrize("port", TLS.values(), ids=TLS)
def test_known_hosts_are_served(proxies, port):
    assert proxies.ask("stranger", port)[0] == 200
    status, headers, _ = proxies.ask("stranger", port, "/a?b=c", host="www.localhost")
    assert (status, headers["Location"]) == (301, "https://localhost/a?b=c")


def test_http_redirects_known_hosts_to_https(proxies):
    for host in ("localhost", "www.localhost"):
        status, headers, _ = proxies.ask("stranger", 8080, "/a?b=c", host=host, proto="")
        assert (status, headers["Location"]) == (308, "https://localhost/a?b=c")
        # https://www.rfc-editor.org/rfc/rfc6797#section-7.2
        assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7, 203.0.113.9", "198.51.100.7"),
        ("2001:db9::7, 2001:db8::1", "2001:db9::7"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("[2001:db9::7]:4711", "2001:db9::7"),
        ("198.51.100.7, unknown", "198.51.100.7"),
        ("unknown", BALANCER),
        ("", BALANCER),
    ],
)
@pytest.mark.parametrize("port", TLS.values(), ids=TLS)
def test_a_trusted_proxy_names_the_client(proxies, port, forwarded_for, client):
    status, _, text = proxies.ask("balancer", port, forwarded_for=forwarded_for)
    assert status == 200
    assert json.loads(text) == {"forwarded_for": client, "proto": "https", "host": "localhost", "path": "/"}


@pytest.mark.parametrize("port", TLS.values(), ids=TLS)
@pytest.mark.parametrize("forwarded_for", ["198.51.100.7", "203.0.113.9", f"198.51.100.7, {BALANCER}"])
def test_forwarded_address_of_untrusted_client_is_ignored(proxies, port, forwarded_for):
    _, _, text = proxies.ask("stranger", port, forwarded_for=forwarded_for, proto="http")
    assert json.loads(text) == {"forwarded_for": STRANGER, "proto": "https", "host": "localhost", "path": "/"}


def test_a_trusted_proxy_may_end_tls(proxies):
    status, headers, text = proxies.ask("balancer", 8080, forwarded_for="198.51.100.7")
    assert status == 200
    assert json.loads(text)["forwarded_for"] == "198.51.100.7"
    assert json.loads(text)["proto"] == "https"
    assert headers["Strict-Transport-Security"] == "max-age=0"


@pytest.mark.parametrize(("front", "proto"), [("balancer", "http"), ("balancer", ""), ("stranger", "https")])
def test_http_that_no_trusted_proxy_has_taken_from_https_leads_there(proxies, front, proto):
    status, headers, _ = proxies.ask(front, 8080, "/a", proto=proto)
    assert (status, headers["Location"]) == (308, "https://localhost/a")


def test_a_trusted_proxy_whose_client_uses_http_says_so_to_django(proxies):
    assert json.loads(proxies.ask("balancer", TLS["HTTP/2"], proto="http")[2])["proto"] == "http"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "//readyz", "/%72eadyz", "/a/../livez"])
@pytest.mark.parametrize(("front", "port"), [("stranger", TLS["HTTP/2"]), ("balancer", 8080)])
def test_health_checks_are_not_reached_from_outside(proxies, front, port, path):
    assert proxies.ask(front, port, path)[0] == 404
