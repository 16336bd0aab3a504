"""Fixtures for the tests of the core app."""

import json
import logging
import ssl
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from ...conftest import REQUIRED
from ..cache import RedisCache
from ..json_logging import JsonFormatter


@pytest.fixture
def stopped_redis(load, monkeypatch):
    """The cache settings of production, with a Redis that does not run."""
    monkeypatch.setattr(RedisCache, "outages", {})
    return load("production", **REQUIRED | {"REDIS_URL": "redis://127.0.0.1:1/0"}).CACHES["default"]


@pytest.fixture
def lines(caplog):
    """Lines that are logged, as in production."""
    caplog.set_level(logging.INFO)
    written: list[dict[str, Any]] = []

    class Collect(logging.Handler):
        def emit(self, record):
            written.append(json.loads(JsonFormatter().format(record)))

    handler = Collect()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def reset_link(user) -> str:
    """The link of an email that resets a password, as far as its token."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])


@pytest.fixture
def https(tmp_path):
    """Where a server listens whose certificate is valid for five days, and signed by itself."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 5 -subj /CN=example.com"
    try:
        made = subprocess.run([*command.split(), "-keyout", key, "-out", certificate], capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    assert made.returncode == 0, made.stderr
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    Thread(target=server.serve_forever, daemon=True).start()
    yield "127.0.0.1", server.server_port
    server.shutdown()
    server.server_close()
