"""The proxy by itself: whom it believes, which hosts it serves, and what it keeps to itself."""

import json
import re
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.engine import docker
from support.processes import until
from support.proxy import COMBINATIONS, Proxy, network, proxies

pytestmark = pytest.mark.docker

# Each test has a network for each of the two.
NETWORKS = {"caddy": "172.29.214", "nginx": "172.29.215"}
RANGES = "203.0.113.0/24, 2001:db8::/32"

# What reaches Django. A Caddy stands in for it, which repeats what it was asked.
DJANGO = """{
	auto_https off
}
:8000 {
	header X-Container {system.hostname}
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
	import to http://proxy:80
}
:8001 {
	import to https://proxy:443 {
		tls_insecure_skip_verify
		tls_server_name localhost
		versions 1.1
	}
}
:8002 {
	import to https://proxy:443 {
		tls_insecure_skip_verify
		tls_server_name localhost
		versions 2
	}
}
:8003 {
	import to https://proxy:443 {
		tls_insecure_skip_verify
		tls_server_name localhost
		versions 3
	}
}
"""
TLS = {"HTTP/1.1": 8001, "HTTP/2": 8002, "HTTP/3": 8003}


class Proxies:
    """The project's proxy, two proxies in front of it, and what stands in for Django behind it."""

    def __init__(self, kind, folder, project):
        self.name = f"ddpt-proxy-{kind}"
        # The balancer's address is a trusted range of one; the stranger asks from an address that nobody trusts.
        self.balancer, self.stranger = f"{NETWORKS[kind]}.10", f"{NETWORKS[kind]}.20"
        self.proxy = Proxy(folder, project, self.name)
        self.folder = folder

    def start(self):
        """Start all of them."""
        (self.folder / "django").write_text(DJANGO)
        (self.folder / "front").write_text(FRONT)
        self.run("django", "django", "--network-alias", "tasks.django")
        ranges = f"{self.balancer} {RANGES}"
        self.proxy.start(DOMAIN_NAME="localhost", WWW_REDIRECT="yes", TRUSTED_PROXY_RANGES=ranges)
        self.run("balancer", "front", "--ip", self.balancer)
        self.run("stranger", "front", "--ip", self.stranger)

    def run(self, name, caddyfile, *options):
        docker(
            "run", "--detach", "--name", f"{self.name}-as-{name}", "--network", self.name, *options,
            "--volume", f"{self.folder / caddyfile}:/etc/caddy/Caddyfile:ro", "caddy:2-alpine",
        )  # fmt: skip

    def ask(self, front, port, path="/", *, host="localhost", forwarded_for="", proto="https", cookie=""):
        """Ask for a page through a proxy in front; return the status, the headers and the text; 0 while nobody listens."""
        address = {"balancer": self.balancer, "stranger": self.stranger}[front]
        sent = {"X-Test-Host": host, "X-Test-Forwarded-For": forwarded_for, "X-Test-Forwarded-Proto": proto}
        sent["Cookie"] = cookie
        headers = [word for name, value in sent.items() if value for word in ("--header", f"{name}: {value}")]
        printed = subprocess.run(
            ["curl", "--silent", "--include", "--max-time", "10", *headers, f"http://{address}:{port}{path}"],
            capture_output=True,
            text=True,
        ).stdout
        if not printed:
            return 0, {}, ""
        head, _, text = printed.partition("\n\n")
        status, *lines = head.splitlines()
        return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), text

    def remove(self):
        for name in ("django", "second", "balancer", "stranger"):
            docker("rm", "--force", "--volumes", f"{self.name}-as-{name}", check=False)
        self.proxy.remove()


@pytest.fixture(scope="module", params=proxies("proxy"))
def behind(request, engine, tmp_path_factory, baked):
    kind = request.param
    found = Proxies(kind, tmp_path_factory.mktemp(f"proxy-{kind}"), baked(COMBINATIONS[kind]))
    found.remove()
    with network(found.name, "--subnet", f"{NETWORKS[kind]}.0/24"):
        try:
            found.start()
            until(
                lambda: (found.ask("balancer", TLS["HTTP/3"])[0], found.ask("stranger", 8080)[0]) == (200, 308),
                log=found.proxy.log,
            )
            yield found
        finally:
            found.remove()


@pytest.mark.parametrize("port", TLS.values(), ids=TLS)
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.localhost", "172.29.214.3", "a.b:443"]
)
def test_unknown_host_gets_421(behind, port, host):
    status, headers, text = behind.ask("stranger", port, host=host)
    assert status == 421
    assert host not in text
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("front", ["balancer", "stranger"])
def test_http_does_not_redirect_unknown_hosts(behind, front):
    status, headers, _ = behind.ask(front, 8080, "/a", host="evil.example")
    assert status == 421
    assert "Location" not in headers


@pytest.mark.parametrize("port", TLS.values(), ids=TLS)
def test_known_hosts_are_served(behind, port):
    assert behind.ask("stranger", port)[0] == 200
    status, headers, _ = behind.ask("stranger", port, "/a?b=c", host="www.localhost")
    assert (status, headers["Location"]) == (301, "https://localhost/a?b=c")


def test_http_redirects_known_hosts_to_https(behind):
    for host in ("localhost", "www.localhost"):
        status, headers, _ = behind.ask("stranger", 8080, "/a?b=c", host=host, proto="")
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
        ("unknown", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("port", TLS.values(), ids=TLS)
def test_a_trusted_proxy_names_the_client(behind, port, forwarded_for, client):
    status, _, text = behind.ask("balancer", port, forwarded_for=forwarded_for)
    assert status == 200
    if behind.proxy.kind == "nginx" and forwarded_for.endswith("unknown"):
        # NGINX stops at what is no address
        client = None
    assert json.loads(text) == {
        "forwarded_for": client or behind.balancer,
        "proto": "https",
        "host": "localhost",
        "path": "/",
    }


@pytest.mark.parametrize("port", TLS.values(), ids=TLS)
@pytest.mark.parametrize("forwarded_for", ["198.51.100.7", "203.0.113.9", "198.51.100.7, BALANCER"])
def test_forwarded_address_of_untrusted_client_is_ignored(behind, port, forwarded_for):
    forwarded_for = forwarded_for.replace("BALANCER", behind.balancer)
    _, _, text = behind.ask("stranger", port, forwarded_for=forwarded_for, proto="http")
    assert json.loads(text) == {"forwarded_for": behind.stranger, "proto": "https", "host": "localhost", "path": "/"}


def test_a_trusted_proxy_may_end_tls(behind):
    status, headers, text = behind.ask("balancer", 8080, forwarded_for="198.51.100.7")
    assert status == 200
    assert json.loads(text)["forwarded_for"] == "198.51.100.7"
    assert json.loads(text)["proto"] == "https"
    assert headers["Strict-Transport-Security"] == "max-age=0"


@pytest.mark.parametrize(("front", "proto"), [("balancer", "http"), ("balancer", ""), ("stranger", "https")])
def test_http_that_no_trusted_proxy_has_taken_from_https_leads_there(behind, front, proto):
    status, headers, _ = behind.ask(front, 8080, "/a", proto=proto)
    assert (status, headers["Location"]) == (308, "https://localhost/a")


def test_a_trusted_proxy_whose_client_uses_http_says_so_to_django(behind):
    assert json.loads(behind.ask("balancer", TLS["HTTP/2"], proto="http")[2])["proto"] == "http"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "//readyz", "/%72eadyz", "/a/../livez"])
@pytest.mark.parametrize(("front", "port"), [("stranger", TLS["HTTP/2"]), ("balancer", 8080)])
def test_health_checks_are_not_reached_from_outside(behind, front, port, path):
    assert behind.ask(front, port, path)[0] == 404


def test_a_container_that_is_gone_costs_no_request(behind):
    """Which nothing answers for, while DNS forgets it."""

    def ask(_):
        return behind.ask("balancer", 8001, "/who")

    behind.run("second", "django", "--network-alias", "tasks.django")
    with ThreadPoolExecutor(20) as clients:
        until(lambda: len({headers["X-Container"] for _, headers, _ in clients.map(ask, range(20))}) == 2)
        answers = clients.map(ask, range(300))
        docker("rm", "--force", "--volumes", f"{behind.name}-as-second")
        assert Counter(status for status, _, _ in answers) == {200: 300}


def test_what_is_invalid_changes_nothing(behind):
    file, line = {"caddy": ("caddy/Caddyfile", "encode zstd"), "nginx": ("nginx/nginx.conf", "gzip on")}[
        behind.proxy.kind
    ]
    behind.proxy.edit(file, line, f"nonsense\n{line}")
    done = behind.proxy.configure(reload=True, DOMAIN_NAME="localhost", WWW_REDIRECT="yes")
    behind.proxy.edit(file, f"nonsense\n{line}", line)
    assert done.returncode != 0
    assert re.search("nonsense", done.stderr)
    assert behind.ask("stranger", TLS["HTTP/2"])[0] == 200


TOKEN = "h4jk3-_Zk7"


@pytest.fixture
def maintenance(behind):
    """Maintenance, and what passes it."""
    typed = {"DOMAIN_NAME": "localhost", "WWW_REDIRECT": "yes"}
    assert behind.proxy.configure(bypass=TOKEN, **typed).returncode == 0
    yield
    assert behind.proxy.configure(**typed).returncode == 0


def test_url_that_maintenance_prints_leads_to_the_site(behind, maintenance):
    port = TLS["HTTP/2"]
    assert behind.ask("stranger", port)[0] == 503
    status, headers, _ = behind.ask("stranger", port, f"/?maintenance_bypass={TOKEN}")
    assert (status, headers["Location"]) == (303, "https://localhost/")
    cookie, *attributes = headers["Set-Cookie"].split("; ")
    assert {"Secure", "HttpOnly"} < {*attributes}
    status, _, text = behind.ask("stranger", port, "/a/?b=c", cookie=f"other=1; {cookie}")
    assert (status, json.loads(text)["path"]) == (200, "/a/")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "*",
        "h*",
        "none",
        f"{TOKEN}x",
        "x/../maintenance.on",
        "../maintenance.on",
        "/../maintenance.on",
        "%2e%2e/x",
        "${0}",
    ],
)
def test_no_other_token_passes_maintenance(behind, maintenance, token):
    assert behind.ask("stranger", TLS["HTTP/2"], cookie=f"maintenance_bypass={token}")[0] == 503
    status, headers, _ = behind.ask("stranger", TLS["HTTP/2"], f"/?maintenance_bypass={token}")
    assert status == 503
    assert "Set-Cookie" not in headers


def test_token_means_nothing_without_maintenance(behind):
    status, headers, _ = behind.ask("stranger", TLS["HTTP/2"], f"/?maintenance_bypass={TOKEN}")
    assert status == 200
    assert "Set-Cookie" not in headers
