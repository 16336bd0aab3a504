"""What is refused of commands that change the site between releases."""


def test_scheduler_stays_the_only_one(swarm, run):
    assert run("setup")[0] == 0
    status, printed = run("scale", "SERVICE=scheduler", "REPLICAS=2")
    assert status == 1
    assert "REPLICAS=2 of scheduler: only django can be scaled, to a number." in printed
    assert len(swarm.tasks["site_scheduler"]) == 1


def test_removal_waits_for_containers_that_stop(swarm, run):
    """PostgreSQL takes some seconds, and nothing else may start on its volume before that."""
    assert run("setup")[0] == 0
    swarm.stopping = ["one", "two"]
    swarm.on_tick = lambda: swarm.stopping.pop()
    assert run("stack-rm", "YES=1")[0] == 0
    assert swarm.stopping == []
    swarm.stopping, swarm.on_tick = ["one"], lambda: None
    status, printed = run("stack-rm", "YES=1")
    assert status == 1
    assert "Containers of site still run: one." in printed
