"""Whether a rollout went well is judged by the engine's state: no engine is needed to test the judge."""

import pytest
from deploy import job, rollout


def service(image="site:2", replicas=2, **status):
    return {
        "Spec": {
            "TaskTemplate": {"ContainerSpec": {"Image": image, "Env": ["A=1"]}, "ForceUpdate": 0},
            "Mode": {"Replicated": {"Replicas": replicas}},
        },
        **({"UpdateStatus": status} if status else {}),
    }


def task(image="site:2", state="running", wanted="running", error="", name="x"):
    return {
        "ID": name,
        "DesiredState": wanted,
        "Status": {"State": state} | ({"Err": error} if error else {}),
        "Spec": {"ContainerSpec": {"Image": image, "Env": ["A=1"]}},
    }


OLD = task("site:1")
GONE = task("site:1", "shutdown", "shutdown")
STARTING = task(state="starting")
DRAINING = task("site:1", "running", "shutdown")
CRASHED = task(state="failed", wanted="shutdown", error="non-zero exit (1)", name="crashed")


@pytest.mark.parametrize(
    ("tasks", "status", "state"),
    [
        ([task(), task(), GONE, GONE], {"State": "completed", "StartedAt": "2"}, "done"),
        ([task(), task()], {}, "done"),
        ([task(), task()], {"State": "updating", "StartedAt": "2"}, "waiting"),
        ([task(), STARTING, OLD], {"State": "updating", "StartedAt": "2"}, "waiting"),
        ([task(), task(), DRAINING], {"State": "completed", "StartedAt": "2"}, "waiting"),
        # what the engine said of the update before counts no more
        ([OLD, OLD], {"State": "completed", "StartedAt": "1"}, "waiting"),
        ([OLD, OLD], {"State": "rollback_completed", "StartedAt": "1"}, "waiting"),
        ([OLD, OLD, CRASHED], {"State": "rollback_started", "StartedAt": "2"}, "failed"),
        ([OLD, OLD, CRASHED], {"State": "paused", "StartedAt": "2"}, "failed"),
        # the first release of all: there is no update that could fail
        ([STARTING, CRASHED], {}, "waiting"),
        ([STARTING, CRASHED, CRASHED, CRASHED], {}, "failed"),
    ],
)
def test_judge(tasks, status, state):
    verdict = rollout.judge(service(**status), tasks, started_before="1", image="site:2")
    assert verdict.state == state, verdict


def test_crashes_of_long_ago_do_not_count():
    """The swarm remembers five tasks of the past, for ever."""
    tasks = [task(), task(), CRASHED, CRASHED, CRASHED]
    assert rollout.judge(service(), tasks).state == "failed"
    assert rollout.judge(service(), tasks, failed_before={"crashed"}).state == "done"


def test_a_service_that_went_back_is_no_success():
    verdict = rollout.judge(service("site:1"), [OLD, OLD], image="site:2")
    assert verdict.state == "failed"
    assert "went back" in verdict.reason


def test_what_keeps_it_waiting_is_told():
    pending = task(state="pending", error="no suitable node")
    assert "no suitable node" in rollout.judge(service(), [pending], image="site:2").reason
    assert rollout.judge(service(), [task(), task(), DRAINING], image="site:2").reason == "2 of 2 running, 1 ending"


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([], "waiting"),
        (["running"], "waiting"),
        (["complete"], "complete"),
        (["complete", "running"], "waiting"),
        (["complete", "failed"], "failed"),
        (["rejected"], "failed"),
    ],
)
def test_jobs(states, verdict):
    assert job.judge([task(state=state) for state in states])[0] == verdict


@pytest.mark.parametrize(
    ("places", "machines", "lopsided"),
    [
        ("", "ab", False),
        ("ab", "ab", False),
        ("aab", "ab", False),
        ("aa", "ab", True),
        ("aaab", "ab", True),
        ("aa", "a", False),
    ],
)
def test_containers_that_are_not_spread(places, machines, lopsided):
    assert rollout.is_lopsided(places, machines) == lopsided
