"""Certificates by ACME: the project's Caddyfile in a Caddy of its own, and Pebble, an authority for tests."""

import contextlib
import json
import socket
import ssl
import time
import urllib.request

import pytest

from ddpt_deploy.release import caddy
from ddpt_deploy.site import settings
from support.engine import docker
from support.processes import until
from support.projects import DEFAULTS

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("certificates")]

NAME = "ddpt-certificates"
CADDY, PEBBLE = f"{NAME}-caddy", f"{NAME}-pebble"
PEBBLE_IMAGE = "ghcr.io/letsencrypt/pebble"
HOSTS = ("site.example", "www.site.example", "new.example", "refused.example")
LIFETIME = 45


def log():
    """Return what Caddy has logged."""
    return docker("logs", CADDY, errors=True)


class Authority:
    """Pebble, in a network whose DNS knows Caddy by all names, and a Caddy that uses it."""

    def __init__(self, folder, project):
        self.folder = folder
        self.project = project
        self.root = None
        docker("network", "create", NAME)

    def start(self):
        """Start Pebble, or start it again."""
        config = {
            "listenAddress": "0.0.0.0:14000", "managementListenAddress": "0.0.0.0:15000",
            "certificate": "test/certs/localhost/cert.pem", "privateKey": "test/certs/localhost/key.pem",
            "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "domainBlocklist": ["refused.example"],
            "retryAfter": {"authz": 1, "order": 1},
            "profiles": {"default": {"description": "short", "validityPeriod": LIFETIME}},
        }  # fmt: skip
        (self.folder / "pebble.json").write_text(json.dumps({"pebble": config}))
        docker("rm", "--force", PEBBLE, check=False)
        docker(
            "run", "--detach", "--name", PEBBLE, "--network", NAME, "--network-alias", "pebble", "--workdir", "/",
            "--env", "PEBBLE_VA_NOSLEEP=1", "--env", "PEBBLE_WFE_NONCEREJECT=0",
            "--volume", f"{self.folder}/pebble.json:/pebble.json:ro", PEBBLE_IMAGE, "-config", "/pebble.json",
        )  # fmt: skip

    def stop(self):
        docker("rm", "--force", PEBBLE)

    def run_caddy(self, **typed):
        """Start the project's Caddy, without any certificate."""
        caddyfile = (self.project / "deployment/caddy/Caddyfile").read_text()
        # It looks every ten minutes; these certificates live for seconds.
        changed = caddyfile.replace("\tpersist_config off\n", "\tpersist_config off\n\trenew_interval 1s\n")
        assert changed != caddyfile
        (self.folder / "Caddyfile").write_text(changed)
        docker("rm", "--force", "--volumes", CADDY, check=False)
        aliases = [word for host in HOSTS for word in ("--network-alias", host)]
        roots = self.folder / "minica.pem"
        if not roots.exists():
            docker("create", "--name", f"{NAME}-roots", PEBBLE_IMAGE)
            docker("cp", f"{NAME}-roots:/test/certs/pebble.minica.pem", str(roots))
            docker("rm", f"{NAME}-roots")
        docker(
            "run", "--detach", "--name", CADDY, "--network", NAME, *aliases, *self.environment(**typed),
            "--env", "SSL_CERT_FILE=/roots.pem", "--volume", f"{roots}:/roots.pem:ro",
            "--volume", f"{self.folder}/Caddyfile:/etc/caddy/Caddyfile:ro", "caddy:2-alpine",
        )  # fmt: skip
        self.address = docker(
            "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", CADDY
        ).strip()

    def environment(self, **typed):
        """Return the options that hand settings to Caddy."""
        typed = {"DOMAIN_NAME": "site.example", "ACME_CA": "https://pebble:14000/dir", **typed}
        site = settings.load("production", self.project / "deployment", shell={}, typed=typed)
        return [word for name, value in caddy.environment(site).items() for word in ("--env", f"{name}={value}")]

    def reload(self, **typed):
        """Have Caddy reload its configuration with other settings, as `make deploy-caddy` does."""
        docker(
            "exec", *self.environment(**typed), CADDY, "caddy", "reload", "--config", "/etc/caddy/Caddyfile",
            "--address", "unix//etc/caddy/admin.sock",
        )  # fmt: skip

    def serial(self, host):
        """Return the serial number of the certificate that a client gets for a host, which has to be valid; or None."""
        with contextlib.suppress(OSError):
            address = docker(
                "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", PEBBLE, check=False
            ).strip()
            if address:
                unverified = ssl._create_unverified_context()
                with urllib.request.urlopen(f"https://{address}:15000/roots/0", context=unverified) as answer:
                    self.root = answer.read().decode()
            if self.root is None:
                return None
            context = ssl.create_default_context(cadata=self.root)
            with (
                socket.create_connection((self.address, 443), timeout=5) as connection,
                context.wrap_socket(connection, server_hostname=host) as tls,
            ):
                return tls.getpeercert()["serialNumber"]
        return None

    def wait_for(self, host, *, other_than=None, timeout=60):
        """Wait until a host has a valid certificate; return its serial number."""
        found = None

        def renewed():
            nonlocal found
            found = self.serial(host)
            return found not in (None, other_than)

        until(renewed, timeout, log=log)
        return found

    def redirect(self, host):
        """Return where HTTP leads to."""
        with socket.create_connection((self.address, 80), timeout=5) as connection:
            connection.sendall(f"GET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = connection.makefile().read()
        return next(line.split(": ")[1] for line in answer.splitlines() if line.startswith("Location: "))

    @staticmethod
    def remove():
        docker("rm", "--force", "--volumes", CADDY, PEBBLE, f"{NAME}-roots", check=False)
        docker("network", "rm", NAME, check=False)


@pytest.fixture(scope="module")
def authority(engine, tmp_path_factory, baked):
    if not docker("image", "ls", "--quiet", PEBBLE_IMAGE).strip():
        pytest.skip(f"there is no image {PEBBLE_IMAGE}")
    try:
        Authority.remove()
        yield Authority(tmp_path_factory.mktemp("certificates"), baked(DEFAULTS))
    finally:
        Authority.remove()


def test_caddy_gets_and_renews_the_certificates_of_all_names(authority):
    authority.start()
    start = time.monotonic()
    authority.run_caddy(WWW_REDIRECT="yes")
    first = {host: authority.wait_for(host) for host in ("site.example", "www.site.example")}
    print(f"PROOF two certificates by ACME: {time.monotonic() - start:.1f} s")
    assert authority.redirect("site.example") == "https://site.example/a"
    for host, serial in first.items():
        authority.wait_for(host, other_than=serial, timeout=2 * LIFETIME)


@pytest.mark.long
def test_an_authority_that_is_down_delays_certificates_and_nothing_else(authority):
    authority.stop()
    authority.run_caddy()
    until(lambda: "could not get certificate" in log(), log=log)
    assert authority.redirect("site.example") == "https://site.example/a"
    assert authority.serial("site.example") is None
    authority.start()
    # it tries again after a minute, and then after two
    authority.wait_for("site.example", timeout=240)


@pytest.mark.long
def test_a_changed_domain_gets_its_certificate_and_a_refused_one_harms_no_other(authority):
    authority.start()
    authority.run_caddy()
    authority.wait_for("site.example")
    authority.reload(DOMAIN_NAME="new.example")
    authority.wait_for("new.example")
    assert authority.redirect("new.example") == "https://new.example/a"
    authority.reload(DOMAIN_NAME="refused.example")
    until(lambda: "policy" in log(), log=log)
    assert authority.serial("refused.example") is None
    authority.reload(DOMAIN_NAME="new.example")
    authority.wait_for("new.example")
