"""What `make status` shows of a site, for people and programs, and its exit status."""

import json
import os
import re
import subprocess
import sys
import threading

from ddpt_deploy.errors import DockerError

SCHEDULER = {
    "facts": {
        "jobs": [{"job": "housekeeping", "last run": "2027-01-15T03:30:00+00:00", "result": "ok"}],
        "backups": {"verified": "2027-01-15T02:00:00+00:00", "restored for a drill": "never"},
        "certificate": {"valid until": "2027-02-20T00:00:00+00:00"},
    },
    "problems": [{"message": "The certificate expires in 2.0 days.", "hint": "make service-logs SERVICE=caddy"}],
}


def test_what_was_changed_and_not_applied_is_named(site, run):
    """The Caddyfile is no part of a release, so nothing else would say it."""
    assert run("setup")[0] == 0
    assert "not applied" not in run("status")[1]
    caddyfile, production = site.folder / "caddy/Caddyfile", site.folder / "production.env"
    caddyfile.write_text(caddyfile.read_text() + "# changed\n")
    production.write_text(re.sub("REDIS_MEMORY=.*", "REDIS_MEMORY=64M", production.read_text()))
    production.write_text(re.sub("LOG_LEVEL=.*", "LOG_LEVEL=DEBUG", production.read_text()))
    status, printed = run("status")
    assert status == 0
    for line in (
        "caddy/Caddyfile +make deploy-caddy",
        "stacks/redis.yml +make deploy-redis",
        "LOG_LEVEL +make deploy-django",
    ):
        assert re.search(f"^{line}$", printed, re.MULTILINE), printed
    assert run("deploy", version="v2")[0] == 0
    assert "caddy/Caddyfile" in run("status")[1]
    assert run("rollback")[0] == 0
    assert "caddy/Caddyfile" in run("status")[1]
    assert run("deploy-stack", "STACK=caddy")[0] == 0
    assert "caddy/Caddyfile" not in run("status")[1]


def test_the_age_of_each_image_is_shown(swarm, site, run):
    assert run("setup")[0] == 0
    swarm.digests["redis:8-alpine"] = ["redis@sha256:0123456789abcdef"]
    file = site.folder / "stacks/redis.yml"
    for name in ("redis:8-alpine", "redis:8-alpine@sha256:0123456789abcdef"):
        file.write_text(re.sub("image: .*", f"image: {name}", file.read_text()))
        assert run("deploy-stack", "STACK=redis")[0] == 0
        printed = run("status")[1]
        tag = name.partition("@")[0].removeprefix("redis") if "@" in name else ""
        assert re.search(rf"^redis .* redis{tag}@sha256:0123456789ab +\d+ days ago", printed, re.MULTILINE)
    # one that no registry has, by its name
    assert re.search(r"^caddy .* caddy:2-alpine +\d+ days ago", printed, re.MULTILINE)


def test_what_the_scheduler_knows_is_shown_and_its_problems_fail(swarm, run):
    assert run("setup")[0] == 0
    assert run("status")[0] == 0
    swarm.logs["site_scheduler"] = json.dumps(SCHEDULER) + "\ncheck_backup: ...\n"
    status, printed = run("status")
    assert status == 1
    assert re.search("^housekeeping  2027-01-15T03:30:00", printed, re.MULTILINE)
    assert "backups: verified 2027-01-15T02:00:00+00:00, restored for a drill never" in printed
    assert "certificate: valid until 2027-02-20T00:00:00+00:00" in printed
    assert "! The certificate expires in 2.0 days.\n→ make service-logs SERVICE=caddy" in printed
    swarm.logs["site_scheduler"] += json.dumps(SCHEDULER | {"problems": []}) + "\n"
    assert run("status")[0] == 0


def test_one_object_for_programs(swarm, run):
    assert run("setup")[0] == 0
    swarm.logs["site_scheduler"] = json.dumps(SCHEDULER) + "\n"
    status, printed = run("status", "JSON=1")
    found = json.loads(printed)
    assert status == 1
    assert found["site"] == "https://localhost"
    assert found["release"]["version"] == "v1"
    assert {row["service"]: row["state"] for row in found["services"]}["redis"] == "healthy"
    assert found["needs"] == {"database": "ok", "cache": "ok"}
    assert found["lock"] == "unlocked"
    assert found["backups"]["restored for a drill"] == "never"
    [problem] = found["problems"]
    assert problem["message"] == "The certificate expires in 2.0 days."
    assert problem["hint"] == "make service-logs SERVICE=caddy"


def test_a_node_that_is_down_fails(swarm, run):
    assert run("setup")[0] == 0
    swarm.nodes[0]["Status"]["State"] = "down"
    name = swarm.nodes[0]["Description"]["Hostname"]
    status, printed = run("status")
    assert status == 1
    assert f"! The node {name} is down.\n→ docker node ps {name}" in printed
    assert re.search("^redis +unhealthy", printed, re.MULTILINE)


def test_a_service_that_is_not_there_fails(swarm, run):
    assert run("setup")[0] == 0
    swarm._service_rm(["service", "rm", "site_redis"], None, {})
    status, printed = run("status")
    assert status == 1
    assert re.search("^redis +not deployed +0 of 0", printed, re.MULTILINE)
    assert "! redis is not deployed.\n→ make deploy-redis" in printed


def test_a_full_disk_fails(swarm, run):
    assert run("setup")[0] == 0
    swarm._run = lambda *arguments: (0, "Filesystem\noverlay 90 60 1048576 99% /\n", "")
    status, printed = run("status")
    assert status == 1
    assert "! Only 1.0 GB of disk are free.\n→ make prune" in printed


def test_what_cannot_be_asked_is_a_problem_and_the_rest_is_shown(swarm, run):
    assert run("setup")[0] == 0

    def broken(*arguments):
        raise DockerError("docker run failed.", hint="make it work")

    swarm._run = broken
    status, printed = run("status")
    assert status == 1
    assert "! docker run failed.\n→ make it work" in printed
    assert "lock: unlocked" in printed


def test_what_does_not_answer_is_named_in_time(swarm, run):
    assert run("setup")[0] == 0
    answered = threading.Event()

    def hanging(*arguments):
        answered.wait(60)
        return 0, "Filesystem\noverlay 90 60 31457280 66% /\n", ""

    swarm._run = hanging
    status, printed = run("status", "STATUS_TIMEOUT=1")
    answered.set()
    assert status == 1
    assert "! Not known after 1 s: disk.\n" in printed
    assert re.search("^redis +healthy", printed, re.MULTILINE)


def test_the_command_ends_although_docker_does_not(site, tmp_path):
    hanging = tmp_path / "bin/docker"
    hanging.parent.mkdir()
    hanging.write_text("#!/bin/sh\nexec sleep 30\n")
    hanging.chmod(0o755)
    environment = os.environ | {"PATH": f"{hanging.parent}:{os.environ['PATH']}", "PYTHONPATH": "vendor"}
    command = [sys.executable, "-m", "ddpt_deploy", "status"]
    done = subprocess.run(command, cwd=site.folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "! Not known after 5 s: release, containers, scheduler, answers, disk, sort_order, lock" in done.stderr


def test_an_engine_that_is_not_there_is_said_once(swarm, run):
    assert run("setup")[0] == 0
    swarm.reached = lambda arguments: False
    status, printed = run("status")
    assert status == 1
    assert printed.count("Cannot connect to the Docker daemon") == 1
