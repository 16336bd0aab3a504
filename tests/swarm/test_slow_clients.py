"""Clients that send slowly, much or what ends a process, and a database that waits: other pages go on, containers live on."""

import json
import socket
import ssl
import statistics
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Event

import pytest

from support.engine import docker, docker_log
from support.processes import until
from support.traffic import own_address

pytestmark = pytest.mark.site

TLS = ssl.create_default_context()
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE


def silent_client(site, size, sent=None):
    """Send all but one byte of a login form that is too large, or less, then nothing, and return the connection."""
    connection = TLS.wrap_socket(socket.create_connection((own_address(), site.port), 30), server_hostname="localhost")
    connection.settimeout(3)
    head = (
        f"POST /accounts/login/ HTTP/1.1\r\nHost: localhost:{site.port}\r\nOrigin: {site.url}\r\n"
        f"Cookie: __Host-csrftoken={'a' * 32}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    # The proxy does not read from a client that waits for its turn, and closes the connection when it has timed out.
    with suppress(TimeoutError, ConnectionError):
        connection.sendall(head.encode() + b"x" * (size - 1 if sent is None else sent))
    return connection


@pytest.mark.long
@pytest.mark.parametrize("size", [99_999, 1_250_000])
def test_silent_clients_hold_up_no_page(site, size):
    before, seconds = site.containers("django"), []
    with ExitStack() as connections, ThreadPoolExecutor(100) as pool:
        for connection in pool.map(silent_client, [site] * 500, [size] * 500):
            connections.enter_context(connection)
        # liveness would fail within 30 s
        end = time.monotonic() + 40
        while time.monotonic() < end:
            start = time.monotonic()
            assert site.ask("/accounts/login/").status == 200
            seconds.append(time.monotonic() - start)
            time.sleep(1)
    print(f"PROOF {size} bytes: a page took {statistics.median(seconds):.2f} s, at most {max(seconds):.2f} s")
    assert statistics.median(seconds) < 1
    assert site.containers("django") == before


def upload(site, size):
    body = b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' + b"x" * size + b"\r\n--b--\r\n"
    answer = site.ask(
        "/proof/upload/",
        "POST",
        body,
        address=own_address(),
        timeout=120,
        Content_Type="multipart/form-data; boundary=b",
    )
    return answer.status, answer.text


@pytest.mark.long
def test_uploads_arrive_whole_more_at_once_than_there_are_threads(site):
    before = site.containers("django")
    with ThreadPoolExecutor(30) as pool:
        answers = Counter(pool.map(upload, [site] * 30, [24_000_000] * 30))
    assert answers == {(200, json.dumps({"a": 24_000_000})): 30}
    assert site.containers("django") == before


@pytest.mark.long
def test_slow_client_does_not_hold_up_a_new_proxy(site):
    """The new one can only start when the old one has ended: that must not wait for clients, or the site is down meanwhile."""
    [before] = site.containers(site.proxy)
    ended = Event()

    def send_slowly(connection):
        with suppress(OSError):
            while not ended.wait(0.1):
                connection.sendall(b"x")

    def is_served():
        with suppress(OSError):
            return site.ask("/accounts/login/", timeout=1).status == 200

    with silent_client(site, 90_000, sent=1) as connection, ThreadPoolExecutor(1) as pool:
        pool.submit(send_slowly, connection)
        docker("service", "update", "--detach", "--force", site.service(site.proxy))
        try:
            until(lambda: before not in site.containers(site.proxy), seconds=20)
            seconds = until(is_served, seconds=20)
        finally:
            ended.set()
    print(f"PROOF a new {site.proxy}, with a slow client: served again {seconds:.1f} s after the old one ended")


@pytest.mark.long
def test_a_lock_on_a_table_replaces_no_container(site):
    before = site.containers("django")
    database = site.stack.replace("-", "_")
    psql = ["docker", "exec", site.containers("postgres")[0], "psql", "--username", "postgres", "--dbname", database]
    lock = "BEGIN; LOCK TABLE django_session; SELECT pg_sleep(75)"
    with subprocess.Popen([*psql, "--command", lock], stdout=subprocess.DEVNULL) as locked:

        def client(_):
            """Ask for what needs the table, as long as it is locked."""
            while locked.poll() is None:
                with suppress(OSError):
                    site.ask("/proof/who/", address=own_address())

        with ThreadPoolExecutor(40) as pool:
            list(pool.map(client, range(40)))
    assert locked.returncode == 0
    until(lambda: site.ask("/proof/who/").status == 200)
    assert site.containers("django") == before


@pytest.mark.parametrize(
    ("method", "headers", "tries"),
    [
        pytest.param("GET", {}, 2, id="GET"),
        pytest.param("POST", {}, 1, id="POST"),
        pytest.param("POST", {"Idempotency_Key": "1"}, 2, id="POST with a key"),
    ],
)
def test_what_ends_its_process_is_tried_once_more_where_that_does_no_harm(site, method, headers, tries):
    path = f"/proof/end/{time.time_ns()}/"
    assert site.ask(path, method, b"body" if method == "POST" else None, **headers).status in (502, 503)
    until(lambda: f"ends at {path}" in docker_log(site.service("django"), "1m"))
    # gunicorn has started other processes by then
    until(lambda: site.ask("/proof/who/").status == 200)
    # once more only if another container has not just failed as well
    assert docker_log(site.service("django"), "1m").count(f"ends at {path}") in {1, tries}
