"""The verdict on a rollout and on a job: on states of a real engine, and on each case that could be mistaken."""

import pytest

from ddpt_deploy.release import verdict
from support.fake_swarm import recorded


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("first, starting", "waiting"),
        ("first, running", "done"),
        ("updating", "waiting"),
        ("completed", "done"),
        ("rolling back", "failed"),
        ("rolled back", "failed"),
        ("paused", "failed"),
    ],
)
def test_states_of_a_real_engine(name, state):
    seen = recorded("rollouts")[name]
    assert verdict.judge(seen["service"], seen["tasks"]).state == state


@pytest.mark.parametrize("name", ["completed", "rolled back", "paused"])
def test_the_update_before_counts_no_more(name):
    seen = recorded("rollouts")[name]
    started = verdict.update_started(seen["service"])
    failed = {task["ID"] for task in seen["tasks"] if task["Status"]["State"] in verdict.FAILED}
    tasks = [task for task in seen["tasks"] if task["ID"] not in failed]
    found = verdict.judge(seen["service"], tasks, started_before=started)
    assert found.state != "failed"


@pytest.mark.parametrize(
    ("name", "state"), [("complete", "done"), ("failed", "failed"), ("running", "waiting"), ("pending", "waiting")]
)
def test_jobs_of_a_real_engine(name, state):
    assert verdict.judge_job(recorded("jobs")[name]["tasks"]).state == state


def test_a_job_that_no_node_can_run_says_so():
    tasks = recorded("jobs")["pending"]["tasks"]
    tasks[0]["Status"]["Err"] = "no suitable node (scheduling constraints not satisfied on 1 node)"
    assert "no suitable node" in verdict.judge_job(tasks).reason
    assert "no node carries the labels" in verdict.judge_job([]).reason


def service(image="site:2", replicas=2, **status):
    return {
        "Spec": {
            "TaskTemplate": {"ContainerSpec": {"Image": image, "Env": ["A=1"]}, "ForceUpdate": 0},
            "Mode": {"Replicated": {"Replicas": replicas}},
        },
        **({"UpdateStatus": status} if status else {}),
    }


def task(image="site:2", state="running", desired="running", error="", name="x"):
    return {
        "ID": name,
        "DesiredState": desired,
        "Status": {"State": state} | ({"Err": error} if error else {}),
        "Spec": {"ContainerSpec": {"Image": image, "Env": ["A=1"]}},
    }


OLD = task("site:1")
GONE = task("site:1", "shutdown", "shutdown")
STARTING = task(state="starting")
DRAINING = task("site:1", "running", "shutdown")
CRASHED = task(state="failed", desired="shutdown", error="non-zero exit (1)", name="crashed")


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
    found = verdict.judge(service(**status), tasks, started_before="1", image="site:2")
    assert found.state == state, found


def test_a_service_that_was_rolled_back_is_no_success():
    found = verdict.judge(service("site:1"), [OLD, OLD], image="site:2")
    assert found.state == "failed"
    assert "rolled back" in found.reason


def test_the_reason_says_what_is_missing():
    pending = task(state="pending", error="no suitable node")
    assert "no suitable node" in verdict.judge(service(), [pending], image="site:2").reason
    assert verdict.judge(service(), [task(), task(), DRAINING], image="site:2").reason == "2 of 2 running, 1 ending"


@pytest.mark.parametrize(
    ("placed", "nodes", "unbalanced"),
    [
        ("", "ab", False),
        ("ab", "ab", False),
        ("aab", "ab", False),
        ("aa", "ab", True),
        ("aaab", "ab", True),
        ("aa", "a", False),
    ],
)
def test_unbalanced(placed, nodes, unbalanced):
    assert verdict.is_unbalanced(placed, nodes) == unbalanced
