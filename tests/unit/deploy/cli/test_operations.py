"""What is refused of commands that change the site between releases."""


def test_scheduler_stays_the_only_one(swarm, run):
    assert run("setup")[0] == 0
    status, printed = run("scale", "SERVICE=scheduler", "REPLICAS=2")
    assert status == 1
    assert "REPLICAS=2 of scheduler: only django can be scaled, to a number." in printed
    assert len(swarm.tasks["site_scheduler"]) == 1
