"""Metrics of a project that gunicorn serves with several processes, as Prometheus reads them."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from support.processes import free_port, listens, until
from support.projects import extremes

both = pytest.mark.parametrize("combination", extremes())

COUNT = "django_request_duration_seconds_count"


class Metrics:
    """What a server shows at its port for metrics."""

    def __init__(self, port):
        self.port = port

    def samples(self):
        # a process listens once it has loaded the project
        until(lambda: listens(self.port))
        # a new connection each time, which may be to any of the processes
        text = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=30).text
        return [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def value(self, name, **labels):
        """Return the sum of the series of a name that have the labels."""
        return sum(
            sample.value for sample in self.samples() if sample.name == name and labels.items() <= sample.labels.items()
        )


@pytest.fixture
def served(combination, production):
    """A function that serves with metrics, and gives the server and what it shows."""

    def serve(*arguments, **variables):
        port = free_port()
        context = production(combination).gunicorn(*arguments, METRICS_PORT=str(port), RELEASE="3f2a1bc", **variables)
        return context, Metrics(port)

    return serve


def workers(server):
    return [
        int(one) for one in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    ]


def folder(server):
    """Return where the processes of a server count."""
    environment = Path(f"/proc/{server.process.pid}/maps").read_text()
    return Path(re.search(r"\S*/metrics-[^/]+", environment)[0])


@both
def test_all_processes_count_together(served):
    context, metrics = served("--workers", "3")
    with context as server:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(server.get, ["/"] * 60 + ["/nowhere"] * 20))
        # whichever process is asked
        for _ in range(10):
            assert metrics.value(COUNT, view="home", method="GET", status="200") == 60
            assert metrics.value(COUNT, view="none", status="404") == 20
        assert metrics.value("django_request_duration_seconds_bucket", view="home", le="+Inf") == 60
        assert metrics.value("django_request_threads") == 3 * 4
        assert metrics.value("django_requests_in_progress") == 0
        assert metrics.value("django_release_info", release="3f2a1bc") == 1
        where = folder(server)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
        assert not where.exists()


@both
def test_processes_that_end_lose_no_count_and_leave_no_file(served):
    """By a signal, and after `max_requests`."""
    context, metrics = served("--workers", "2", "--max-requests", "5")
    with context as server:
        asked, before = 0, set(workers(server))
        seen = set(before)
        while len(seen) < 8:
            server.get("/")
            asked += 1
            seen |= set(workers(server))
        os.kill(workers(server)[0], signal.SIGKILL)
        until(lambda: len(workers(server)) == 2 and server.get("/livez").status_code == 200)

        def has_all_threads():
            # the process that ended may have been about to answer
            with suppress(requests.ConnectionError):
                return metrics.value("django_request_threads") == 2 * 4

        until(has_all_threads)
        assert metrics.value(COUNT, view="home") == asked
        # of the first process, and of two others
        names = {file.name for file in folder(server).iterdir()}
        assert {name.rpartition("_")[2] for name in names} <= {"main.db", "0.db", "1.db", "2.db"}


@both
def test_requests_in_progress_while_the_database_is_locked(served, postgres, combination, production):
    project = production(combination)
    database = project.environment["DATABASE_URL"].rpartition("/")[2]
    cookie = project.session()
    context, metrics = served("--workers", "2")
    with context as server:
        with ThreadPoolExecutor(3) as pool, postgres.locked("django_session", database):
            waiting = [pool.submit(server.get, "/accounts/password_change/", Cookie=cookie) for _ in range(3)]
            until(lambda: metrics.value("django_requests_in_progress") == 3)
        assert {one.result().status_code for one in waiting} == {200}
        assert metrics.value("django_requests_in_progress") == 0
        assert metrics.value("django_database_connections_opened_total") >= 1
