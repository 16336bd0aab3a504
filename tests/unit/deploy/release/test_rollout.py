"""A service is watched until it is what was asked for."""

import copy

from ddpt_deploy.release import rollout


def test_containers_that_failed_before_do_not_count(swarm, site, run):
    """The swarm lists five tasks of the past, forever."""
    assert run("setup")[0] == 0
    crashed = copy.deepcopy(swarm.tasks["site_django"][0]) | {"DesiredState": "shutdown"}
    crashed["Status"]["State"] = "failed"
    swarm.tasks["site_django"] += [crashed | {"ID": f"crashed{number}"} for number in range(3)]
    rollout.watch(site, "django")
