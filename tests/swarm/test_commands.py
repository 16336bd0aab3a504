"""What an operator types besides `make deploy`, and what comes of it."""

import json
import os
import re
import shlex
import signal
import subprocess
import time

import pexpect
import pytest

from support.engine import docker
from support.processes import until
from support.site import on_a_terminal

pytestmark = pytest.mark.site


def test_status(site):
    printed = site.make("status")
    assert f"site: {site.url}\n" in printed
    assert re.search(r"^release: number \d+, version [0-9a-f]{12}, since \S+, by \w+$", printed, re.MULTILINE)
    for service in (site.proxy, "django", "postgres", "redis"):
        assert re.search(rf"^{service} +healthy", printed, re.MULTILINE)
    assert "needs: database ok, cache ok, migrations ok" in printed
    assert re.search(r"^disk: free GB \d+, used \d+%$", printed, re.MULTILINE)
    assert re.search(r"^certificate: valid until \S+$", printed, re.MULTILINE)
    assert re.search(r"^backups: verified \S+, restored for a drill \S+$", printed, re.MULTILINE)
    assert "lock: unlocked" in printed


def test_releases(site):
    assert re.search(r"^\d+ +[0-9a-f]{12} .* current", site.make("releases"), re.MULTILINE)


def test_status_and_releases_as_json(site):
    assert json.loads(site.make("--silent", "status", JSON="1"))["problems"] == []
    lines = [json.loads(line) for line in site.make("releases", JSON="1").splitlines()]
    assert {"event", "release", "version", "when", "who"} <= set(lines[0])


def test_logs(site):
    site.ask("/nothing-to-see")
    assert "/nothing-to-see" in site.make("service-logs", SINCE="1m", GREP="nothing-to-s.e")
    assert "database system is ready" in site.make("service-logs", SERVICE="postgres", SINCE="10h")


@pytest.mark.long
def test_manage(site):
    assert "no issues" in site.make("manage", CMD="check")
    assert "Available subcommands" in site.make("manage")
    assert "No migrations to apply" in site.make("manage", CMD="migrate")


@pytest.mark.long
def test_run(site):
    """Beside the site: a deploy does not end it, and its memory is its own."""
    with (site.project / "deployment/run.log").open("w") as log:
        waits = "import time; time.sleep(20); print('done')"
        command = ["shell", "--no-imports", "--command", waits]
        process = subprocess.Popen(
            ["make", "--directory", site.project / "deployment", "manage-job", f"CMD={shlex.join(command)}", "MEMORY=300M"],
            env=site.shell, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        until(lambda: site.containers("manage-job"))
        assert docker("inspect", "--format", "{{.HostConfig.Memory}}", *site.containers("manage-job")).strip() == str(
            300 * 1024**2
        )
        assert "Another command still runs" in site.refuse("manage-job", CMD="check")
        site.make("deploy-django", ADMIN_URL="during-run/")
        assert process.wait(timeout=120) == 0, (site.project / "deployment/run.log").read_text()
    printed = (site.project / "deployment/run.log").read_text()
    (site.project / "deployment/run.log").unlink()
    assert "done" in printed
    assert "Unknown command: 'nonsense'" in site.refuse("manage-job", CMD="nonsense")
    site.make("deploy-django")


@pytest.mark.long
def test_dbshell(site):
    done = subprocess.run(
        ["make", "--directory", site.project / "deployment", "dbshell"],
        env=site.shell, input="SELECT 40 + 2", capture_output=True, text=True,
    )  # fmt: skip
    assert "42" in done.stdout, done.stderr


def test_secrets(site):
    printed = site.make("secrets")
    assert "SECRET_KEY" in printed
    assert re.search(r"EMAIL_HOST_PASSWORD +none", printed)
    for option, name in (("use_sentry_for_error_reporting", "SENTRY_DSN"), ("use_s3", "S3_SECRET_ACCESS_KEY")):
        assert bool(re.search(f"^{name} ", printed, re.MULTILINE)) == (option in site.combination)
    assert "There is no secret NONSENSE" in site.refuse("rotate-secret", NAME="NONSENSE")
    assert "DDPT_EMAIL_HOST_PASSWORD=... make rotate-secret" in site.refuse("rotate-secret", NAME="EMAIL_HOST_PASSWORD")


@pytest.mark.long
def test_secrets_that_cannot_be_made_are_asked_for(site):
    child = on_a_terminal(site, "secrets", "EMAIL_HOST_USER=ada")
    # what else is optional is left out
    while child.expect([r"(\w+) \(.*Enter for none\): ", pexpect.EOF]) == 0:
        child.sendline("typed-by-hand" if child.match[1] == "EMAIL_HOST_PASSWORD" else "")
    printed = site.make("secrets", EMAIL_HOST_USER="ada")
    assert re.search(r"EMAIL_HOST_PASSWORD +1 ", printed)
    assert "typed-by-hand" not in printed
    names = docker("secret", "ls", "--format", "{{.Name}}").split()
    assert site.service("EMAIL_HOST_PASSWORD_1") in names


@pytest.mark.long
def test_an_optional_secret_reaches_django(site):
    printed = site.make("rotate-secret", NAME="EMAIL_HOST_PASSWORD", DDPT_EMAIL_HOST_PASSWORD="told-by-the-shell")
    assert "told-by-the-shell" not in printed
    container = site.containers("django")[0]
    assert docker("exec", container, "cat", "/run/secrets/EMAIL_HOST_PASSWORD") == "told-by-the-shell"
    assert docker("exec", container, "id", "-u").strip() != "0"


@pytest.mark.long
def test_maintenance(site):
    printed = site.make("maintenance-on")
    answer = site.ask("/")
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert "Back soon" in answer.text
    assert site.ask("/proof/large/", "POST", b"x").status == 503
    assert "make maintenance-off" in site.refuse("status")
    # who runs the site sees it, and so does the smoke test
    [bypass] = re.findall(rf"{site.url}(/\?maintenance_bypass=\S+)", printed)
    cookie = site.ask(bypass).headers["Set-Cookie"].partition(";")[0]
    assert site.ask("/", Cookie=cookie).status == 200
    assert "is healthy" in site.make("deploy-django", ADMIN_URL="seen-in-maintenance/")
    assert site.ask("/seen-in-maintenance/login/").status == 503
    assert site.ask("/seen-in-maintenance/login/", Cookie=cookie).status == 200
    # also while Django is down
    docker("service", "scale", f"{site.service('django')}=0")
    assert "Back soon" in site.ask("/").text
    site.make("maintenance-off")
    # then it is the same page, for another reason
    answer = site.ask("/")
    assert answer.status == 503
    assert "Back soon" in answer.text
    docker("service", "scale", f"{site.service('django')}=2")
    site.wait_for("django", 2)
    assert site.ask("/").status == 200


def test_lock(site):
    site.make("deploy-lock", MESSAGE="moving the database", USER="anna")
    printed = site.refuse("deploy")
    assert "locked by anna on " in printed
    assert "moving the database" in printed
    assert "make deploy-unlock" in printed
    assert "moving the database" in site.make("deploy-unlock")
    assert "unlocked already" in site.make("deploy-unlock")


def test_deploy_check_lists_everything_at_once(site):
    (site.project / "more.txt").write_text("not committed\n")
    site.edit("deployment/stacks/redis.yml", "services:", "services: [")
    printed = site.refuse("deploy-check", DOMAIN_NAME="example.com", GUNICORN_THREADS="50")
    site.git("checkout", "--quiet", ".")
    (site.project / "more.txt").unlink()
    for problem in (
        "git commit, or ALLOW_DIRTY=1",
        "stacks/redis.yml: ",
        "POSTGRES_MAX_CONNECTIONS is 150",
        "The site is at localhost",
    ):
        assert problem in printed
    site.make("deploy-check")


@pytest.mark.long
def test_a_missing_engine(site):
    printed = site.refuse("status", DOCKER_HOST="tcp://127.0.0.1:9")
    assert "set DOCKER_HOST" in printed
    assert "set DOCKER_HOST" in site.refuse("deploy-check", DOCKER_HOST="tcp://127.0.0.1:9")
    assert "Traceback" not in printed


@pytest.mark.long
def test_one_stack(site):
    site.edit("deployment/stacks/redis.yml", 'max-file: "5"', 'max-file: "3"')
    before = site.containers("redis"), site.containers("django")
    site.make("deploy-redis")
    site.git("checkout", "--quiet", ".")
    after = site.containers("redis"), site.containers("django")
    site.make("deploy-redis")
    assert after[0] != before[0]
    assert after[1] == before[1]


@pytest.mark.long
def test_a_changed_setting_of_django(site):
    # the release before, as other tests leave another one
    site.make("deploy-django")
    site.make("deploy-django", ADMIN_URL="back-office/")
    assert site.ask("/back-office/login/").status == 200
    # a setting is part of a release
    site.make("rollback")
    assert site.ask("/admin/login/").status == 200


@pytest.mark.long
def test_interrupted_secret_rotation_is_resumed(site):
    process = site.start("rotate-secret", NAME="DATABASE_PASSWORD")
    names = len(secret_names(site, "DATABASE_PASSWORD"))
    while len(secret_names(site, "DATABASE_PASSWORD")) == names:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    site.make("deploy-unlock")
    made = secret_names(site, "DATABASE_PASSWORD")
    # a value that the database may not know yet is in nobody's way
    site.make("deploy-django", ADMIN_URL="other-office/")
    newest = max(int(name.rpartition("_")[2]) for name in made)
    assert f"version {newest}" in site.make("rotate-secret", NAME="DATABASE_PASSWORD")
    assert secret_names(site, "DATABASE_PASSWORD") <= made
    site.make("deploy-django")


def secret_names(site, name):
    return {one for one in docker("secret", "ls", "--format", "{{.Name}}").split() if site.service(name) in one}


@pytest.mark.long
def test_deploy_all_restarts_nothing_that_did_not_change(site):
    before = {name: site.containers(name) for name in (site.proxy, "postgres", "redis")}
    site.make("deploy-all")
    assert {name: site.containers(name) for name in before} == before


@pytest.mark.long
def test_repeated_setup_changes_nothing(site):
    before = {name: site.containers(name) for name in (site.proxy, "postgres", "redis")}
    site.make("setup", YES="1")
    assert {name: site.containers(name) for name in before} == before


@pytest.mark.long
def test_build_and_migrate(site):
    before = site.containers("django")
    assert f"{site.stack}:" in site.make("build-image")
    assert "nothing to do" in site.make("deploy-migrations")
    assert "No migrations to apply" in site.make("migration-logs")
    assert site.containers("django") == before
    assert "set REGISTRY" in site.refuse("push")


@pytest.mark.long
def test_hooks(site):
    hook = site.hooks() / "before-preflight"
    hook.write_text('#!/bin/sh\necho "hook of $STACK_NAME"\nexit 3\n')
    assert "chmod +x" in site.refuse("deploy")
    hook.chmod(0o755)
    printed = site.refuse("deploy")
    assert f"hook of {site.stack}" in printed
    assert "before-preflight failed with status 3" in printed
    assert re.search(r"before-preflight +exists", site.make("hooks"))
    hook.unlink()


@pytest.mark.long
def test_prune_keeps_what_runs(site):
    before = versions_on_record(site)
    site.make("prune", KEEP_RELEASES="1")
    kept = versions_on_record(site)
    assert len(kept) <= 4
    assert set(kept) == set(list(dict.fromkeys(before))[:2])
    assert site.ask("/").status == 200


def versions_on_record(site):
    """Return the versions of the releases on record, the newest first."""
    return [json.loads(line)["version"] for line in site.make("releases", JSON="1").splitlines()]


def test_help_lists_every_target(site):
    printed = site.make()
    makefile = (site.project / "deployment/Makefile").read_text()
    for target in re.findall(r"^([a-z-]+): ##", makefile, re.MULTILINE):
        assert f" {target} " in printed
    assert "DANGER" in printed


def test_stack_rm_asks(site):
    printed = site.refuse("stack-rm")
    assert f"takes {site.url} down" in printed
    assert "add YES=1" in printed


@pytest.mark.long
def test_shell_has_the_models(site):
    child = on_a_terminal(site, "django-shell")
    child.expect(">>> ")
    child.sendline("print(User.objects.count() + 41000)")
    child.expect("410[0-9]+")
    child.sendline("exit()")
    child.expect(pexpect.EOF)
