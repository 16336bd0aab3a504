"""Commands that run in a container of their own."""

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
