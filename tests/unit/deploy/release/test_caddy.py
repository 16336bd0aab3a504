"""Maintenance: the record decides, and Caddy follows it."""


def jobs(swarm):
    """Return what the jobs of Caddy were told, the newest last."""
    words = [" ".join(words) for words in swarm.commands if words[:2] == ("service", "create")]
    return [word for line in words for word in line.split() if word.startswith("MAINTENANCE=")]


def test_maintenance(swarm, run, healthy):
    assert run("setup")[0] == 0
    assert run("maintenance")[0] == 0
    assert jobs(swarm)[-1] == "MAINTENANCE=on"
    assert "make maintenance-off" in run("status")[1]
    # a node that Caddy is configured on later follows as well
    assert run("deploy-stack", "STACK=caddy")[0] == 0
    assert jobs(swarm)[-1] == "MAINTENANCE=on"
    healthy["problem"] = "/ answered 503"
    assert "skipped: maintenance" in run("deploy", version="v2")[1]
    assert run("maintenance", "--off")[0] == 0
    assert jobs(swarm)[-1] == "MAINTENANCE=off"
