"""No request fails: at 200 requests a second, through good releases and bad ones, rollbacks, outages and kills.

The tests build on each other and run in this order, on one site with load on it all the time. Each prints a line that
begins with PROOF, with what the clients saw.
"""

import json
import os
import re
import signal
import time

import pytest

from support.engine import docker
from support.processes import until
from support.site import on_a_terminal

pytestmark = pytest.mark.site


@pytest.mark.parametrize("number", [1, *(pytest.param(more, marks=pytest.mark.long) for more in (2, 3, 4, 5))])
def test_a_release(site, traffic, number):
    expected = site.change()
    with traffic.watch(f"release {number}") as seen:
        printed = site.make("deploy")
        assert site.release() == expected
    assert seen.failures == []
    assert seen.sent / seen.seconds > 0.9 * traffic.rate
    print(f"PROOF release {number}: " + " ".join(printed.split("\n")[-2:]))


def refused(site, traffic, what):
    """Return what a deploy prints that fails. The release before runs on, and no request fails."""
    before = site.release()
    with traffic.watch(what) as seen:
        printed = site.refuse("deploy")
    assert site.release() == before
    assert seen.failures == []
    return printed


def test_a_release_that_crashes_at_start(site, traffic):
    site.edit("{package}/config/wsgi.py", "import os", 'import os\n\nraise RuntimeError("crashes on purpose")')
    site.commit("crash")
    printed = refused(site, traffic, "a release that crashes at start")
    assert "RuntimeError: crashes on purpose" in printed
    site.undo()


@pytest.mark.long
def test_release_that_never_becomes_healthy(site, traffic):
    # its health check asks another port
    site.edit("Dockerfile", "HEALTHCHECK_PORT=8001", "HEALTHCHECK_PORT=8002")
    site.edit("deployment/stacks/django.yml", "start_period: 30s", "start_period: 5s")
    site.edit("deployment/stacks/django.yml", "interval: 10s", "interval: 2s")
    site.commit("no health")
    printed = refused(site, traffic, "a release whose health never comes")
    assert "Connection refused" in printed
    site.undo()


@pytest.mark.long
def test_a_release_whose_migration_fails(site, traffic):
    site.change('migrations.RunSQL("SELECT nonsense")')
    printed = refused(site, traffic, "a release whose migration fails")
    assert 'column "nonsense" does not exist' in printed
    assert 'column "nonsense" does not exist' in site.make("migration-logs")
    site.undo()


@pytest.mark.long
def test_a_release_whose_migration_would_break_the_old_code_is_refused(site, traffic):
    """The old code inserts rows without a field that it does not know; Django keeps a default out of the database."""
    site.change('migrations.AddField("entry", "required", models.TextField(default=""))')
    printed = refused(site, traffic, "a release whose migration breaks the old code")
    assert "Add field required to entry: the code that runs cannot insert rows" in printed
    assert re.search(r"make deploy ALLOW_MIGRATIONS=proof\.\d{4}_release_\d+", printed)
    site.undo()


@pytest.mark.long
def test_old_code_inserts_on_the_new_schema(site, traffic):
    """With the default in the database: before the rollout, while both run, and after a rollback."""
    before = site.release()
    site.change('migrations.AddField("entry", "required", models.TextField(db_default=""))')
    with traffic.watch("old code on the new schema") as seen:
        site.make("deploy-migrations")
        assert site.release() == before
        site.make("deploy")
        site.make("rollback", YES="1")
        site.make("rollback", VERSION=site.git("rev-parse", "--short=12", "HEAD"))
    assert seen.failures == []


@pytest.mark.long
def test_a_release_while_redis_is_down(site, traffic):
    """It is not the release that is broken."""
    expected = site.change()
    docker("service", "scale", f"{site.service('redis')}=0")
    try:
        with traffic.watch("a release while Redis is down") as seen:
            printed = site.make("deploy")
        assert "The cache does not answer" in printed
        assert site.release() == expected
    finally:
        docker("service", "scale", f"{site.service('redis')}=1")
        site.wait_for("redis", 1)
    assert seen.failures == []


@pytest.mark.long
def test_a_page_that_fails_is_rolled_back_unless_forced(site, traffic):
    before = site.release()
    site.change()
    site.edit(
        "{package}/config/urls.py", "urlpatterns = [\n", "urlpatterns = [\n    path('', lambda request: 1 / 0),\n"
    )
    site.commit("a broken page")
    assert "/ answered 500" in site.refuse("deploy")
    assert site.release() == before
    assert "/ answered 500 (FORCE=1)" in site.make("deploy", FORCE="1")
    assert "(unhealthy, / answered 500 (FORCE=1))" in site.make("releases")
    # a release that does not mend it is no reason to go back
    assert "no worse than before" in site.make("deploy-django", ADMIN_URL="other/")
    # and another page tells more
    site.make("deploy-django", SMOKE_TEST_PATH="/accounts/login/")
    site.undo()
    site.make("deploy")
    assert site.ask("/").status == 200
    # to which the next tests can roll back
    site.change()
    site.make("deploy")


@pytest.mark.long
def test_a_release_whose_migration_hangs(site, traffic):
    before = site.release()
    # no time limit of the database ends this one
    site.change("migrations.RunPython(lambda *_: [__import__('time').sleep(1) for _ in range(600)])")
    with traffic.watch("a release whose migration hangs") as seen:
        printed = site.refuse("deploy", MIGRATION_TIMEOUT="8")
    assert "migrate timed out after 8 s" in printed
    site.wait_for("migrate", 0)
    assert site.release() == before
    assert seen.failures == []
    site.undo()


def sleeping(site):
    """Return how many statements sleep in the database, and how many connections hold the lock of a migration."""
    sql = (
        "SELECT count(*) FILTER (WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'), "
        "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') FROM pg_stat_activity"
    )
    psql = ["psql", "--username", "postgres", "--no-align", "--tuples-only", "--command", sql]
    return tuple(map(int, docker("exec", site.containers("postgres")[0], *psql).split("|")))


@pytest.mark.long
def test_a_killed_migration_ends_in_the_database_and_holds_its_lock_until_then(site):
    site.change('migrations.RunSQL("SELECT pg_sleep(600)")')
    deploy = site.start("deploy")
    until(lambda: sleeping(site) == (1, 2))
    docker("kill", site.containers("migrate")[0])
    assert "migrate failed" in deploy.communicate(timeout=60)[0]
    # no other process migrates while the statement goes on
    until(lambda: sleeping(site) in ((1, 1), (0, 0)))
    until(lambda: sleeping(site) == (0, 0))
    site.undo()


def test_rollback(site, traffic):
    newest = site.release()
    with traffic.watch("rollback") as seen:
        assert "add YES=1" in site.refuse("rollback")
        site.make("rollback", YES="1")
    assert site.release() == str(int(newest) - 1)
    assert seen.failures == []


@pytest.mark.long
def test_rollback_to_a_version(site, traffic):
    before = site.release()
    with traffic.watch("forward again") as seen:
        site.make("rollback", VERSION=site.git("rev-parse", "--short=12", "HEAD"))
    assert int(site.release()) == int(before) + 1
    assert seen.failures == []


@pytest.mark.long
def test_scaling(site, traffic):
    with traffic.watch("scaling up and down", settle=10) as seen:
        site.make("scale", REPLICAS="3")
        site.wait_for("django", 3)
        site.make("scale", REPLICAS="2")
    assert seen.failures == []


@pytest.mark.long
def test_container_stopped_outside_of_swarm(site, traffic):
    with traffic.watch("docker stop of a container", settle=10) as seen:
        docker("stop", site.containers("django")[0])
        site.wait_for("django", 2)
    assert seen.failures == []


def only_what_was_being_answered(failures):
    """Only a POST without a key can be lost, when it was being answered: nobody can know whether to repeat it."""
    return len(failures) <= 5 and {failure["kind"] for failure in failures} <= {"post", "upload"}


def test_a_killed_container(site, traffic):
    with traffic.watch("docker kill of a container", settle=10) as seen:
        docker("kill", site.containers("django")[0])
        site.wait_for("django", 2)
    assert only_what_was_being_answered(seen.failures)


def test_a_killed_worker(site, traffic):
    with traffic.watch("a worker of gunicorn killed") as seen:
        container = site.containers("django")[0]
        workers = [
            line.split()[0] for line in docker("top", container, "-eo", "pid,args").splitlines() if "gunicorn" in line
        ]
        os.kill(int(workers[-1]), signal.SIGKILL)
    assert only_what_was_being_answered(seen.failures)


@pytest.mark.long
def test_a_restarted_redis(site, traffic):
    with traffic.watch("Redis restarted", settle=5) as seen:
        docker("kill", site.containers("redis")[0])
        site.wait_for("redis", 1)
    assert seen.failures == []


# A line of the proxy's configuration, one that adds a header, and one that is invalid.
CONFIGURATION = {
    "caddy": ("deployment/caddy/Caddyfile", "encode zstd gzip", "header X-Changed yes\n\t", "encode nonsense"),
    "nginx": ("deployment/nginx/nginx.conf", "add_header Alt-Svc", "add_header X-Changed yes;\n", "nonsense"),
}


@pytest.mark.long
def test_a_reloaded_configuration(site, traffic):
    """With Caddy a new HTTP/1.1 connection can be lost, whose first request comes in the very moment of the change.

    Go closes it unanswered (``shuttingDown`` in https://go.dev/src/net/http/server.go); HTTP/2, which browsers speak, has
    a way to say that a connection ends.
    """
    path, line, header, _ = CONFIGURATION[site.proxy]
    site.edit(path, line, header + line)
    with traffic.watch(f"a reload of {site.proxy}") as seen:
        site.make(f"deploy-{site.proxy}")
        assert site.ask("/").headers["X-Changed"] == "yes"
    assert len(seen.failures) <= {"caddy": 10, "nginx": 0}[site.proxy]
    assert all("Error 0 bytes read" in failure["reason"] for failure in seen.failures)


@pytest.mark.long
def test_an_invalid_configuration(site, traffic):
    path, line, _, invalid = CONFIGURATION[site.proxy]
    site.edit(path, line, invalid)
    with traffic.watch(f"an invalid configuration of {site.proxy}") as seen:
        assert "nonsense" in site.refuse(f"deploy-{site.proxy}")
        assert site.ask("/").status == 200
    assert seen.failures == []
    site.git("checkout", "--quiet", ".")


@pytest.mark.long
@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_PASSWORD", "REDIS_PASSWORD"])
def test_a_rotated_secret(site, traffic, name):
    """One client keeps its session while old and new containers answer."""
    cookie = site.ask("/proof/who/").headers["Set-Cookie"].split(";")[0]
    visits = [1]
    with traffic.watch(f"a new {name}") as seen:
        process = site.start("rotate-secret", NAME=name)
        while process.poll() is None:
            visits.append(site.ask("/proof/who/", Cookie=cookie).json()["visits"])
            time.sleep(0.5)
        printed = process.stdout.read()
    assert process.returncode == 0, printed
    assert visits == list(range(1, len(visits) + 1))
    assert seen.failures == []


@pytest.mark.long
def test_two_deploys_at_once(site, traffic):
    site.change()
    with traffic.watch("two deploys at once") as seen:
        first = site.start("deploy", USER="first")
        while f"{site.stack}_lock" not in docker("config", "ls", "--format", "{{.Name}}"):
            time.sleep(0.1)
        printed = site.refuse("deploy")
        assert "is locked by first on " in printed
        assert "make deploy-unlock" in printed
        assert first.wait() == 0, first.stdout.read()
    assert seen.failures == []


STEPS = ["preflight", "build", "migrate", "static", "roll", "smoke-test", "record", "prune"]


@pytest.mark.long
def test_a_deploy_killed_at_each_step(site, traffic):
    """Killed so that it can clean up nothing; the next one takes it up, and is killed a step later."""
    before = site.release()
    expected = site.change()
    hooks = site.hooks()
    with traffic.watch("a deploy killed at each step") as seen:
        for step in STEPS:
            hook = hooks / f"after-{step}"
            hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
            hook.chmod(0o755)
            printed = site.refuse("deploy")
            hook.unlink()
            assert f"✓ {step}" in printed, printed
            assert "is locked" in site.refuse("deploy")
            assert "Unlocked; it was locked by" in site.make("deploy-unlock")
            if step == "smoke-test":
                assert "is not on record" in site.refuse("deploy-django")
                site.make("rollback")
                assert site.release() == before
        site.make("deploy")
        assert site.release() == expected
    assert seen.failures == []


@pytest.mark.long
def test_deploy_whose_terminal_is_closed(site, traffic):
    """As when a laptop goes to sleep: nobody reads what it prints, and yet the old release is restored."""
    before = site.release()
    site.change()
    with traffic.watch("a deploy whose terminal is closed") as seen:
        child = on_a_terminal(site, "deploy")
        child.expect("roll .* running", timeout=300)
        child.close()
        while f"{site.stack}_lock" in docker("config", "ls", "--format", "{{.Name}}"):
            time.sleep(1)
    running = json.loads(docker("service", "inspect", site.service("django")))[0]
    assert running["UpdateStatus"]["State"] == "completed"
    assert site.release() == before
    assert seen.failures == []
    site.undo()


@pytest.mark.long
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, id="SIGTERM"),
    ],
)
def test_a_deploy_that_is_interrupted(site, traffic, number):
    """In the middle of the rollout: the old release is restored, and the lock is let go."""
    before = site.release()
    site.change()
    hook = site.hooks() / "before-roll"
    hook.write_text(f"#!/bin/sh\n(sleep 4; kill -{int(number)} $PPID) &\n")
    hook.chmod(0o755)
    with traffic.watch("a deploy that is interrupted") as seen:
        printed = site.refuse("deploy")
    hook.unlink()
    assert "✓ restore" in printed
    assert "Stopped by" in printed
    assert site.release() == before
    assert "unlocked already" in site.make("deploy-unlock")
    assert seen.failures == []
    site.undo()


@pytest.mark.long
def test_a_restarted_postgres(site, traffic):
    """Whatever needs the database fails meanwhile; the containers live on, and all is well again by itself."""
    before = site.containers("django")
    with traffic.watch("PostgreSQL restarted", settle=15) as seen:
        docker("kill", site.containers("postgres")[0])
        seconds = site.wait_for("postgres", 1)
    assert {failure["kind"] for failure in seen.failures} <= {"post", "post with a key", "upload", "page"}
    assert site.containers("django") == before
    last = max((failure["time"] for failure in seen.failures), default=0)
    assert time.time() - last > 5
    print(f"PROOF PostgreSQL was back after {seconds:.0f} s")


def test_every_id_is_stored_once(site, traffic):
    """Once at most because the database sees to it, and no POST without a key was ever answered that it came twice."""
    traffic.stop()
    print(f"PROOF in all: {traffic.counts[-1]['sent']} requests, {len(traffic.stored)} ids confirmed")
    assert set(traffic.stored) - set(site.stored()) == set()
    assert not any("status 409" in failure["reason"] for failure in traffic.failures)
