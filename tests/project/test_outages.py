"""PostgreSQL and Redis that stop, hang, vanish or come back, and a pooler between: what requests make of it."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import requests

from support.processes import free_port, listens, until
from support.projects import EVERYTHING, label
from support.services import cut_off

pytestmark = pytest.mark.xdist_group(label(EVERYTHING))


@pytest.fixture(scope="module")
def project(production):
    return production(EVERYTHING)


@pytest.fixture(scope="module")
def database(project):
    """The name of the project's database."""
    return project.environment["DATABASE_URL"].rpartition("/")[2]


@pytest.fixture(scope="module")
def cookie(project):
    return project.session()


def statuses(server, cookie, count=24):
    """Return the answers to requests that need the database, eight at a time."""
    with ThreadPoolExecutor(8) as pool:
        return [response.status_code for response in pool.map(lambda _: server.get("/", Cookie=cookie), range(count))]


@pytest.mark.parametrize("mode", [signal.SIGINT, pytest.param(signal.SIGQUIT, marks=pytest.mark.long)])
def test_after_a_restart_of_postgresql_no_request_fails(project, postgres, cookie, mode):
    with project.gunicorn("--workers", "4", "--threads", "2") as server:
        assert set(statuses(server, cookie)) == {200}
        for _ in range(5):
            postgres.restart(mode)
            assert statuses(server, cookie) == [200] * 24


@pytest.mark.long
@pytest.mark.parametrize("mode", [signal.SIGINT, signal.SIGQUIT])
def test_a_restart_of_postgresql_under_load_costs_what_was_under_way(project, postgres, cookie, mode):
    done, answers = Event(), []

    def ask(_):
        while not done.is_set():
            start = time.monotonic()
            answers.append((start, server.get("/", Cookie=cookie).status_code))

    with project.gunicorn("--workers", "2", "--threads", "2") as server, ThreadPoolExecutor(4) as pool:
        asking = pool.map(ask, range(4))
        try:
            for _ in range(3):
                postgres.restart(mode)
                ready, before = time.monotonic(), len(answers)
                while len(answers) < before + 24:
                    time.sleep(0.1)
                assert {status for start, status in answers[before:] if start > ready} == {200}
        finally:
            done.set()
        list(asking)


@pytest.mark.long
def test_a_database_host_that_vanishes_is_an_error_before_the_limit_of_a_page(project, postgres, cookie):
    with project.gunicorn("--workers", "1", "--threads", "1") as server:
        assert server.get("/", Cookie=cookie).status_code == 200
        with cut_off(postgres.port):
            start = time.monotonic()
            assert server.get("/", Cookie=cookie).status_code == 500
            assert time.monotonic() - start < 30
        assert server.get("/", Cookie=cookie).status_code == 200


@pytest.mark.long
def test_a_database_host_that_vanishes_during_a_query_is_an_error_too(project, postgres, cookie, database):
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with project.gunicorn("--workers", "1", "--threads", "1") as server, ThreadPoolExecutor(1) as pool:
        assert server.get("/", Cookie=cookie).status_code == 200
        with postgres.locked("users_user", database):
            answer = pool.submit(server.get, "/", Cookie=cookie)
            while not postgres.run(waiting).stdout.strip():
                assert not answer.done()
            with cut_off(postgres.port):
                start = time.monotonic()
                assert answer.result().status_code == 500
                assert time.monotonic() - start < 30
        assert server.get("/", Cookie=cookie).status_code == 200


def is_stopped(thread):
    """Tell whether a thread is stopped, from its folder in /proc."""
    return (thread / "stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_health_checks_wait_for_no_thread_and_fail_when_all_processes_are_stuck(project, postgres, cookie, database):
    port = free_port()

    def livez(timeout):
        return requests.get(f"http://127.0.0.1:{port}", timeout=timeout).status_code

    with (
        project.gunicorn("--workers", "2", "--threads", "1", HEALTHCHECK_PORT=str(port)) as server,
        ThreadPoolExecutor(8) as pool,
    ):
        until(lambda: listens(port))
        with postgres.locked("users_user", database):
            pages = [pool.submit(server.get, "/", Cookie=cookie) for _ in range(8)]
            assert [livez(20) for _ in range(20)] == [204] * 20
            assert not any(page.done() for page in pages)
        assert {page.result().status_code for page in pages} == {200}
        workers = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        assert len(workers) == 2
        for worker in workers:
            os.kill(int(worker), signal.SIGSTOP)
        threads = [thread for worker in workers for thread in Path(f"/proc/{worker}/task").iterdir()]
        try:
            # the thread that answers stops only when the first one of its process has
            until(lambda: all(map(is_stopped, threads)))
            with pytest.raises(requests.Timeout):
                livez(2)
        finally:
            for worker in workers:
                os.kill(int(worker), signal.SIGCONT)
        assert livez(20) == 204


def test_statements_of_requests_have_a_limit_and_those_of_commands_have_none(project, postgres, cookie, database):
    with project.gunicorn(DATABASE_STATEMENT_TIMEOUT="1") as server, postgres.locked("users_user", database):
        assert server.get("/", Cookie=cookie).status_code == 500
    assert "statement timeout" in server.log.read_text()
    script = "from django.db import connection; connection.cursor().execute('SELECT pg_sleep(2)')"
    done = project.manage("shell", "--no-imports", "--command", script, DATABASE_STATEMENT_TIMEOUT="1")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def pooled(postgres, pgbouncer):
    """The variables of an empty database behind PgBouncer in transaction mode."""
    variables = postgres.database()
    variables["DATABASE_URL"] = variables["DATABASE_URL"].replace(f":{postgres.port}/", f":{pgbouncer.port}/")
    return variables | {"DATABASE_TRANSACTION_POOLING": "true"}


def test_pages_and_migrations_work_through_pgbouncer(project, postgres, pgbouncer, pooled):
    name = pooled["DATABASE_URL"].rpartition("/")[2]
    done = project.manage("migrate", "--verbosity", "0", **pooled)
    assert done.returncode == 0, done.stderr
    with project.gunicorn("--workers", "2", "--threads", "4", **pooled) as server:
        direct = {"DATABASE_URL": pooled["DATABASE_URL"].replace(f":{pgbouncer.port}/", f":{postgres.port}/")}
        cookie = project.session(**pooled)
        assert statuses(server, cookie) == [200] * 24
        login = server.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', login.text)[1]
        csrf = login.headers["Set-Cookie"].partition(";")[0]
        fields = {"csrfmiddlewaretoken": token, "username": "grace", "password": "wrong"}
        assert server.post("/accounts/login/", fields, Cookie=csrf, Referer="https://localhost/").status_code == 200
        assert project.session(**pooled | direct | {"DATABASE_TRANSACTION_POOLING": "false"})
    # nothing that was set for one client is left for the next
    for setting in ("statement_timeout", "lock_timeout"):
        assert postgres.run(f"SHOW {setting}", database=name, port=pgbouncer.port).stdout.strip() == "0"


@pytest.mark.long
def test_migrate_release_asks_for_a_connection_that_is_not_pooled(project, postgres, pgbouncer, pooled):
    done = project.manage("migrate_release", **pooled)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "DATABASE_TRANSACTION_POOLING=false" in done.stderr
    direct = {"DATABASE_URL": pooled["DATABASE_URL"].replace(f":{pgbouncer.port}/", f":{postgres.port}/")}
    done = project.manage("migrate_release", **pooled | direct | {"DATABASE_TRANSACTION_POOLING": "false"})
    assert done.returncode == 0, done.stderr


def test_undeclared_pooler_keeps_no_lock(project, postgres, pooled):
    """The lock of migrate_release ends with its transaction, or the pooler would keep it with its connection."""
    done = project.manage("migrate_release", **pooled | {"DATABASE_TRANSACTION_POOLING": "false"})
    assert done.returncode == 0, done.stderr
    assert postgres.run("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").stdout.strip() == "0"


def test_an_option_that_the_pooler_refuses_is_named(project, pooled):
    url = pooled["DATABASE_URL"] + "?options=-c%20search_path%3Dtenant"
    done = project.manage("migrate", **pooled | {"DATABASE_URL": url})
    assert done.returncode == 1
    assert "unsupported startup parameter: options" in done.stderr


def test_the_options_of_the_url_reach_postgresql(project):
    url = project.environment["DATABASE_URL"] + "?options=-c%20search_path%3Dtenant"
    script = (
        "from django.db import connection; c = connection.cursor(); c.execute('SHOW search_path'); print(c.fetchone())"
    )
    assert "tenant" in project.manage("shell", "--no-imports", "--command", script, DATABASE_URL=url).stdout


def asked(server, count):
    """Return the state of the cache and the seconds of an answer, for each of some requests that use the cache."""
    answers = [server.get("/readyz") for _ in range(count)]
    return [(answer.json()["cache"], answer.elapsed.total_seconds()) for answer in answers]


@pytest.mark.parametrize(
    "outage", ["stops", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("hangs", "vanishes"))]
)
def test_a_redis_outage_costs_a_worker_one_time_out_and_ends_by_itself(project, redis, outage):
    with project.gunicorn("--workers", "1") as server:
        usual = sum(seconds for _, seconds in asked(server, 40))
        assert {state for state, _ in asked(server, 2)} == {"ok"}
        with redis.outage(outage):
            during = asked(server, 40)
        assert {state for state, _ in during} == {"degraded"}
        # without the breaker, each of the 40 costs half a second
        assert sum(seconds for _, seconds in during) < usual * 3 + 3
        until(lambda: asked(server, 1)[0][0] == "ok", 20)
        # a restart alone, of which no request saw anything
        with redis.outage("stops"):
            pass
        assert {state for state, _ in asked(server, 10)} == {"ok"}
    lines = [line for line in server.lines() if line["logger"].endswith(".cache")]
    assert [line["level"] for line in lines] == ["WARNING"]


@pytest.mark.long
def test_flush_cache_says_when_it_could_not(project, redis):
    assert "is empty" in project.manage("flush_cache").stdout
    with redis.outage("stops"):
        done = project.manage("flush_cache")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "REDIS_URL" in done.stderr
