"""Logs, and commands that run in a container of their own."""

from ddpt_deploy.errors import Interrupted
from ddpt_deploy.release import job


def started(swarm):
    return [words for words in swarm.commands if words[:2] == ("service", "create") and "site_manage-job" in words]


def test_a_command_runs_beside_the_site_and_its_log_stays(swarm, run):
    assert run("setup")[0] == 0
    swarm.logs["site_manage-job"] = "12 products\n"
    status, printed = run("manage-job", "CMD=import_products 'a b'", "MEMORY=2G")
    assert status == 0
    assert printed.endswith("12 products\n")
    [words] = started(swarm)
    assert words[-3:] == ("manage.py", "import_products", "a b")
    assert words[words.index("--limit-memory") + 1] == "2G"
    assert "type=volume,source=site_media,target=/srv/media" in words
    assert "site_manage-job" in swarm.services
    # the next one takes its place
    assert run("manage-job", "CMD=check")[0] == 0


def test_a_command_that_fails_fails(swarm, run):
    assert run("setup")[0] == 0
    swarm.fate["site_manage-job"], swarm.logs["site_manage-job"] = "crashes", "CommandError: no file\n"
    status, printed = run("manage-job", "CMD=import_products")
    assert status == 1
    assert "CommandError: no file" in printed


def test_a_command_that_still_runs_is_not_replaced(swarm, run, monkeypatch):
    assert run("setup")[0] == 0
    swarm.fate["site_manage-job"] = "hangs"
    lost = []

    def reached(arguments):
        lost.extend([arguments] if arguments[:2] == ("service", "ps") and arguments[-1] == "site_manage-job" else [])
        return not lost or len(lost) > 4

    # the connection is lost, and the command goes on
    swarm.on_tick = lambda: setattr(swarm, "reached", reached)
    assert run("manage-job", "CMD=import_products")[0] == 1
    left = swarm.services["site_manage-job"]
    swarm.on_tick, swarm.reached = lambda: None, lambda arguments: True
    status, printed = run("manage-job", "CMD=check")
    assert status == 1
    assert "Another command still runs." in printed
    assert "docker service rm site_manage-job" in printed
    assert swarm.services["site_manage-job"] is left


def test_a_command_that_is_interrupted_is_stopped(swarm, run, monkeypatch):
    assert run("setup")[0] == 0
    swarm.fate["site_manage-job"] = "hangs"

    def interrupt(*arguments, **options):
        raise Interrupted("SIGINT")

    monkeypatch.setattr(job, "wait", interrupt)
    assert run("manage-job", "CMD=import_products")[0] == 130
    assert "site_manage-job" not in swarm.services


LOGS = "services:\n  logs:\n    image: logs:1\n    deploy: {replicas: 1}\n"


def test_logs_that_are_kept_are_searched_by_who_keeps_them(swarm, site, run):
    (site.folder / "stacks/monitoring/logs.yml").write_text(LOGS)
    swarm.images.add("logs:1")
    assert run("setup")[0] == 0
    swarm.logs["site_django"] = "Not found\n"
    assert "REQUEST needs the service that keeps logs." in run("logs", "REQUEST=5f1c")[1]
    assert "Not found" in run("logs")[1]
    assert run("deploy-stack", "STACK=logs")[0] == 0

    def searched(*words):
        assert run("logs", *words)[0] == 0
        return swarm.commands[-1][3:] if swarm.commands[-1][0] == "exec" else None

    assert searched("SINCE=3d", "GREP=x y") == ("/search.py", "3d", "django", "", "x y")
    assert searched("SINCE=3d", "REQUEST=5f1c") == ("/search.py", "3d", "", "5f1c", "")
    # that of the last migration job is whole in its container
    assert searched("SERVICE=migrate", "SINCE=0") is None


def test_logs_are_read_while_who_keeps_them_is_down(swarm, site, run):
    (site.folder / "stacks/monitoring/logs.yml").write_text(LOGS)
    swarm.images.add("logs:1")
    assert run("setup")[0] == 0
    assert run("deploy-stack", "STACK=logs")[0] == 0
    swarm.logs["site_django"] = "Not found\n"
    swarm._service_scale(["service", "scale", "site_logs=0"], None, {})
    assert "Not found" in run("logs", "SINCE=2d")[1]
    assert [words for words in swarm.commands if words[:2] == ("service", "logs")][-1][5] == "48h"
