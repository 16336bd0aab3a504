"""Certificates: by ACME from Pebble, an authority for tests, and of one's own. No swarm is needed for that."""

import contextlib
import json
import socket
import ssl
import subprocess
import time
import urllib.request
from types import SimpleNamespace

import pytest

from ddpt_deploy.release import proxy
from ddpt_deploy.site import services, stacks
from ddpt_deploy.site.site import Site
from support.engine import docker
from support.processes import until
from support.proxy import COMBINATIONS, Proxy, certificate, network, proxies

pytestmark = pytest.mark.docker

PEBBLE_IMAGE = "ghcr.io/letsencrypt/pebble"
HOSTS = ("site.example", "www.site.example", "other.example", "new.example", "refused.example")
LIFETIME = 45

# Of the certificate by which Pebble itself is known, and of the one that has signed it. Python insists on each of these.
EXTENSIONS = """
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[pebble]
basicConstraints = CA:FALSE
subjectAltName = DNS:pebble
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
# A plugin of certbot for the DNS server that comes with Pebble, whose URL is its credentials.
DNS_PLUGIN = """
import json
import urllib.request
from pathlib import Path

from certbot.plugins.dns_common import DNSAuthenticator


class Authenticator(DNSAuthenticator):
    description = "pebble-challtestsrv"

    @classmethod
    def add_parser_arguments(cls, add):
        super().add_parser_arguments(add, default_propagation_seconds=0)
        add("credentials")

    def more_info(self):
        return self.description

    def _setup_credentials(self):
        self.url = Path(self.conf("credentials")).read_text().strip()

    def _perform(self, domain, validation_name, validation):
        self._post("set-txt", host=f"{validation_name}.", value=validation)

    def _cleanup(self, domain, validation_name, validation):
        self._post("clear-txt", host=f"{validation_name}.")

    def _post(self, path, **content):
        urllib.request.urlopen(f"{self.url}/{path}", json.dumps(content).encode()).close()
"""


class Authority:
    """Pebble, in a network whose DNS knows the proxy by all names, and a proxy that uses it."""

    def __init__(self, kind, folder, project):
        self.kind = kind
        self.name = f"ddpt-certificates-{kind}"
        self.pebble, self.dns = f"{self.name}-pebble", f"{self.name}-dns"
        self.folder = folder
        self.project = project
        self.proxy = None
        self.root = None
        (folder / "extensions").write_text(EXTENSIONS)
        self.sign("root")
        self.sign("pebble", "-CA", "root.pem", "-CAkey", "root.key")

    def sign(self, name, *options):
        """Make a key and a certificate."""
        subprocess.run(
            [
                "openssl", "req", "-x509", "-config", "extensions", "-extensions", name, "-newkey", "ec", "-nodes",
                "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                "-out", f"{name}.pem", *options,
            ],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        (self.folder / f"{name}.key").chmod(0o644)

    def start(self, *arguments):
        """Start Pebble, or start it again."""
        config = {
            "listenAddress": "0.0.0.0:14000", "managementListenAddress": "0.0.0.0:15000",
            "certificate": "/pebble/pebble.pem", "privateKey": "/pebble/pebble.key",
            "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "domainBlocklist": ["refused.example"],
            "retryAfter": {"authz": 1, "order": 1},
            "profiles": {"default": {"description": "short", "validityPeriod": LIFETIME}},
        }  # fmt: skip
        (self.folder / "pebble.json").write_text(json.dumps({"pebble": config}))
        docker("rm", "--force", self.pebble, check=False)
        docker(
            "run", "--detach", "--name", self.pebble, "--network", self.name, "--network-alias", "pebble",
            "--env", "PEBBLE_VA_NOSLEEP=1", "--env", "PEBBLE_WFE_NONCEREJECT=0",
            "--volume", f"{self.folder}:/pebble:ro", PEBBLE_IMAGE, "-config", "/pebble/pebble.json", *arguments,
        )  # fmt: skip

    def stop(self):
        docker("rm", "--force", self.pebble, check=False)

    def start_dns(self):
        """Start a DNS server whose records can be set, and return its address."""
        docker(
            "run", "--detach", "--name", self.dns, "--network", self.name, "--network-alias", "dns",
            "--entrypoint", "pebble-challtestsrv", PEBBLE_IMAGE, "-management", ":8055", "-dnsserver", ":8053",
            "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
        )  # fmt: skip
        return self.address(self.dns)

    @staticmethod
    def address(container):
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return docker("inspect", "--format", form, container, check=False).strip()

    def run_proxy(self, *, secrets=(), plugin="", **typed):
        """Start the project's proxy, without any certificate."""
        if self.proxy:
            self.proxy.remove()
        folder = self.folder / str(time.time_ns())
        folder.mkdir()
        self.proxy = Proxy(folder, self.project, self.name)
        for name, value in dict(secrets).items():
            (self.proxy.secrets / name).write_text(value)
        options = ("--env", "SSL_CERT_FILE=/root.pem", "--volume", f"{self.folder}/root.pem:/root.pem:ro")
        # These certificates live for seconds, and both look a few times a day.
        if self.kind == "caddy":
            self.proxy.edit("caddy/Caddyfile", "\tpersist_config off\n", "\tpersist_config off\n\trenew_interval 1s\n")
        else:
            self.proxy.edit("stacks/certbot.yml", "CHECK_SECONDS: 43200", "CHECK_SECONDS: 2")
            self.proxy.edit("certbot/certificates", "= 120, 3600", "= 5, 60")
            self.proxy.certbot_options = (*options, "--env", "REQUESTS_CA_BUNDLE=/root.pem")
            if plugin:
                self.proxy.certbot_options += self.install(folder / "plugin", plugin)
        aliases = [word for host in HOSTS for word in ("--network-alias", host)]
        self.proxy.start(*options, *aliases, **self.settings(**typed))

    @staticmethod
    def install(folder, name):
        """Write the plugin of certbot as an installed package, and return the options that give it to the container."""
        installed = folder / f"{name}-1.0.dist-info"
        installed.mkdir(parents=True)
        (folder / f"{name}.py").write_text(DNS_PLUGIN)
        (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (installed / "entry_points.txt").write_text(f"[certbot.plugins]\ndns-{name} = {name}:Authenticator\n")
        return ("--volume", f"{folder}:/plugin:ro", "--env", "PYTHONPATH=/plugin")

    @staticmethod
    def settings(**typed):
        return {"DOMAIN_NAME": "site.example", "ACME_CA": "https://pebble:14000/dir", **typed}

    def reload(self, **typed):
        """Have the proxy reload its configuration with other settings."""
        self.proxy.reload(**self.settings(**typed))

    def serial(self, host, root=None):
        """Return the serial number of the certificate that a client gets for a host, which has to be valid; or None."""
        with contextlib.suppress(OSError):
            if address := self.address(self.pebble):
                unverified = ssl._create_unverified_context()
                with urllib.request.urlopen(f"https://{address}:15000/roots/0", context=unverified) as answer:
                    self.root = answer.read().decode()
            if not (root or self.root):
                return None
            context = ssl.create_default_context(cadata=root or self.root)
            with (
                socket.create_connection((self.proxy.address(), 443), timeout=5) as connection,
                context.wrap_socket(connection, server_hostname=host) as tls,
            ):
                return tls.getpeercert()["serialNumber"]
        return None

    def wait_for(self, host, *, other_than=None, timeout=60, root=None):
        """Wait until a host has a valid certificate; return its serial number."""
        found = None

        def renewed():
            nonlocal found
            found = self.serial(host, root)
            return found not in (None, other_than)

        until(renewed, timeout, log=self.proxy.log)
        return found

    def redirect(self, host):
        """Return where HTTP leads to."""
        with socket.create_connection((self.proxy.address(), 80), timeout=5) as connection:
            connection.sendall(f"GET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = connection.makefile().read()
        return next(line.split(": ")[1] for line in answer.splitlines() if line.startswith("Location: "))

    def remove(self):
        docker("rm", "--force", "--volumes", self.pebble, self.dns, check=False)
        if self.proxy:
            self.proxy.remove()


def skip_without(image):
    if not docker("image", "ls", "--quiet", image).strip():
        pytest.skip(f"there is no image {image}")


@pytest.fixture(scope="module", params=proxies("certificates"))
def authority(request, engine, tmp_path_factory, baked):
    skip_without(PEBBLE_IMAGE)
    kind = request.param
    found = Authority(kind, tmp_path_factory.mktemp(f"certificates-{kind}"), baked(COMBINATIONS[kind]))
    found.remove()
    with network(found.name):
        try:
            yield found
        finally:
            found.remove()


def test_certificates_of_all_names_are_got_and_renewed(authority):
    authority.start()
    start = time.monotonic()
    authority.run_proxy(WWW_REDIRECT="yes", DOMAIN_ALIASES="other.example")
    first = {host: authority.wait_for(host) for host in ("site.example", "www.site.example", "other.example")}
    print(f"PROOF three certificates by ACME for {authority.kind}: {time.monotonic() - start:.1f} s")
    assert authority.redirect("site.example") == "https://site.example/a"
    assert authority.redirect("other.example") == "https://site.example/a"
    for host, serial in first.items():
        authority.wait_for(host, other_than=serial, timeout=2 * LIFETIME)


@pytest.mark.long
def test_an_authority_that_is_down_delays_certificates_and_nothing_else(authority):
    authority.stop()
    authority.run_proxy()
    problem = {"caddy": "could not get certificate", "nginx": "site.example: no certificate"}[authority.kind]
    until(lambda: problem in authority.proxy.log(), log=authority.proxy.log)
    assert authority.redirect("site.example") == "https://site.example/a"
    assert authority.serial("site.example") is None
    authority.start()
    # Caddy tries again after a minute, and then after two
    authority.wait_for("site.example", timeout=240)


@pytest.mark.long
def test_a_changed_domain_gets_its_certificate_and_a_refused_one_harms_no_other(authority, monkeypatch):
    authority.start()
    authority.run_proxy()
    authority.wait_for("site.example")
    authority.reload(DOMAIN_NAME="new.example")
    authority.wait_for("new.example")
    assert authority.redirect("new.example") == "https://new.example/a"
    authority.reload(DOMAIN_NAME="new.example", DOMAIN_ALIASES="refused.example")
    until(lambda: "policy" in authority.proxy.log(), log=authority.proxy.log)
    assert authority.serial("refused.example") is None
    # what the smoke test shows of it
    running = [{"ID": "task", "Status": {"State": "running"}}]
    source = {"caddy": "caddy", "nginx": "certbot"}[authority.kind]
    monkeypatch.setattr(services, "tasks", lambda site, name: running if name == source else [])
    monkeypatch.setattr(stacks, "backing", lambda site: [SimpleNamespace(services=["postgres", source])])
    engine = SimpleNamespace(output=lambda *arguments: authority.proxy.log())
    [reason] = proxy.certificate_errors(Site(None, engine, None, authority.folder))
    assert reason.startswith("refused.example: no certificate.\n")
    assert "policy" in reason
    authority.reload(DOMAIN_NAME="new.example")
    authority.wait_for("new.example")


@pytest.mark.long
def test_a_certificate_of_ones_own_is_served_and_changed_without_a_restart(authority, tmp_path):
    own = certificate(tmp_path, "site.example", "*.site.example")
    authority.run_proxy(DOMAIN_ALIASES="*.site.example", secrets={"TLS_CERTIFICATE": own})
    before = docker("inspect", "--format", "{{.State.StartedAt}}", authority.proxy.container)
    first = authority.wait_for("site.example", root=own)
    assert authority.wait_for("any.site.example", root=own) == first
    other = certificate(tmp_path, "site.example", "*.site.example")
    (authority.proxy.secrets / "TLS_CERTIFICATE").write_text(other)
    authority.reload(DOMAIN_ALIASES="*.site.example")
    assert authority.wait_for("site.example", root=other) != first
    assert docker("inspect", "--format", "{{.State.StartedAt}}", authority.proxy.container) == before


@pytest.mark.long
def test_a_certificate_whose_key_is_anothers_changes_nothing(authority, tmp_path):
    own = certificate(tmp_path, "site.example")
    authority.run_proxy(secrets={"TLS_CERTIFICATE": own})
    first = authority.wait_for("site.example", root=own)
    _, signed = own.split("-----BEGIN CERTIFICATE", 1)
    mixed = certificate(tmp_path, "site.example").split("-----BEGIN CERTIFICATE")[0] + "-----BEGIN CERTIFICATE" + signed
    (authority.proxy.secrets / "TLS_CERTIFICATE").write_text(mixed)
    if authority.kind == "caddy":
        done = authority.proxy.configure(reload=True, **authority.settings())
        assert done.returncode != 0
        assert "private key does not match public key" in done.stderr
    else:
        authority.reload()
        until(lambda: "TLS_CERTIFICATE must be" in authority.proxy.log(), log=authority.proxy.log)
    assert authority.serial("site.example", root=own) == first


# Caddy's own image knows no DNS provider.
@pytest.mark.parametrize("authority", proxies("certificates")[1:], indirect=True)
def test_a_wildcard_by_dns(authority):
    authority.start("-dnsserver", f"{authority.start_dns()}:8053")
    authority.run_proxy(
        DOMAIN_ALIASES="*.site.example",
        ACME_DNS="challtestsrv",
        secrets={"ACME_DNS_CREDENTIALS": "http://dns:8055\n"},
        plugin="challtestsrv",
    )
    first = authority.wait_for("any.site.example")
    authority.wait_for("site.example")
    authority.wait_for("any.site.example", other_than=first, timeout=2 * LIFETIME)


@pytest.mark.parametrize("authority", proxies("certificates")[1:], indirect=True)
def test_a_wildcard_without_dns_says_what_it_needs(authority):
    authority.start()
    authority.run_proxy(DOMAIN_ALIASES="*.site.example")
    until(lambda: "*.site.example: a wildcard needs ACME_DNS" in authority.proxy.log(), log=authority.proxy.log)
    authority.wait_for("site.example")
