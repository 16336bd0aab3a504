"""What the smoke test makes of the answers of a server."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from ddpt_deploy.release import probe
from support.http_peer import HttpPeer

PAGE = b"""<link href="/static/style.1.css"><img src='/static/logo.2.svg#dark'><a href="/other/">"""


@pytest.fixture
def server(tmp_path):
    """A site over HTTPS, whose certificate nobody trusts; ``statuses`` has those that are not 200."""
    pem = tmp_path / "server.pem"
    openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*openssl, "-keyout", pem, "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "cert.pem").read_text())
    statuses = {}
    peer = HttpPeer(lambda request: (statuses.get(request.path, 200), PAGE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    peer.server.socket = context.wrap_socket(peer.server.socket, server_side=True)
    peer.statuses = statuses
    yield peer
    peer.stop()


def ask(server, path="/", **options):
    return probe.ask(
        "127.0.0.1", "shop.example.com", server.server.server_port, path, "maintenance_bypass=x", **options
    )


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({}, (probe.HEALTHY, "")),
        ({"/": 302}, (probe.HEALTHY, "")),
        ({"/": 401}, (probe.CLIENT_ERROR, "/ answered 401")),
        ({"/": 500}, (probe.SERVER_ERROR, "/ answered 500")),
        ({"/static/logo.2.svg": 404}, (probe.MISSING_FILE, "/static/logo.2.svg answered 404")),
        ({"/other/": 500}, (probe.HEALTHY, "")),
    ],
)
def test_a_page_and_its_static_files_are_requested(server, statuses, expected):
    server.statuses |= statuses
    assert ask(server) == expected
    first = server.requests[0]
    assert first.headers["Host"] == f"shop.example.com:{server.server.server_port}"
    assert first.headers["Cookie"] == "maintenance_bypass=x"


def test_a_certificate_counts_where_it_is_verified(server):
    level, problem = ask(server, verify=True)
    assert level == probe.UNREACHABLE
    assert "certificate verify failed" in problem


def test_a_server_that_does_not_answer_is_no_error_of_the_tool(server):
    server.stop()
    level, problem = ask(server)
    assert level == probe.UNREACHABLE
    assert "ConnectionRefusedError" in problem


def test_it_needs_nothing_of_this_package():
    """A container of Django runs it alone."""
    lines = [line.split() for line in Path(probe.__file__).read_text().splitlines()]
    imported = {words[1].partition(".")[0] for words in lines if words[:1] in (["import"], ["from"])}
    assert imported <= sys.stdlib_module_names
