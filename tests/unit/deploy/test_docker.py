"""What docker's answers mean: answers of a real engine, which a docker command of the test repeats."""

import json
from types import SimpleNamespace

import pytest

from ddpt_deploy import docker
from ddpt_deploy.docker import Docker
from ddpt_deploy.errors import DeployError, DockerError
from support.fake_swarm import recorded


@pytest.fixture
def answer(tmp_path, monkeypatch):
    """A function that makes docker repeat a recorded answer."""

    def answer(name):
        said = recorded("errors")[name]
        (tmp_path / "printed").write_text(said["printed"])
        (tmp_path / "error").write_text(said["error"])
        command = tmp_path / "docker"
        command.write_text(f"#!/bin/sh\ncat {tmp_path}/printed\ncat {tmp_path}/error >&2\nexit {said['status']}\n")
        command.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return answer


@pytest.mark.parametrize("kind", ["service", "task", "config", "secret", "image", "container", "network", "node"])
def test_what_does_not_exist_is_left_out(answer, kind):
    answer(f"{kind} missing")
    assert Docker().inspect(kind, "x") == []


def test_a_missing_service_has_no_tasks(answer):
    answer("tasks of a missing service")
    assert Docker().ids("service", "ps", "x") == []


def test_an_engine_that_does_not_answer_is_an_error_that_helps(answer, paused):
    answer("no engine")
    with pytest.raises(DockerError, match="set DOCKER_HOST"):
        Docker().inspect("service", "x")
    with pytest.raises(DockerError):
        Docker().ids("service", "ps", "x")
    answer("no engine, info")
    with pytest.raises(DockerError, match="Cannot connect"):
        Docker().info()


def test_nothing_is_asked_about_nothing(answer):
    answer("no engine")
    assert Docker().inspect("task") == []


@pytest.fixture
def paused(monkeypatch):
    """How long the client paused, in seconds, without anybody waiting."""
    paused = []
    monkeypatch.setattr(docker, "time", SimpleNamespace(sleep=paused.append))
    return paused


@pytest.fixture
def fails_first(tmp_path, monkeypatch):
    """A function that makes docker reach no engine the first times, and say how often it was run."""
    runs = tmp_path / "runs"
    runs.write_text("")
    (tmp_path / "error").write_text(recorded("errors")["no engine"]["error"])

    def fails_first(times):
        command = tmp_path / "docker"
        command.write_text(
            f"#!/bin/sh\necho >> {runs}\n[ $(wc -l < {runs}) -gt {times} ] || {{ cat {tmp_path}/error >&2; exit 1; }}\necho x\n"
        )
        command.chmod(0o755)
        return lambda: len(runs.read_text())

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return fails_first


def test_what_only_reads_is_tried_again_when_no_engine_was_reached(fails_first, paused):
    count = fails_first(2)
    assert Docker().ids("service", "ls") == ["x"]
    assert (count(), paused) == (3, [1, 3])


def test_what_only_reads_is_tried_three_times(fails_first, paused):
    count = fails_first(9)
    with pytest.raises(DockerError):
        Docker().ids("service", "ls")
    assert count() == 3


def test_what_may_be_done_twice_is_tried_again(fails_first, paused):
    count = fails_first(1)
    assert Docker().run("stack", "deploy", "x", stdin="", variables={"NAME": "x"}) == "x\n"
    assert (count(), paused) == (2, [1])


def test_what_changes_something_is_not_tried_again(fails_first, paused):
    count = fails_first(1)
    with pytest.raises(DockerError):
        Docker().run("service", "rm", "x")
    assert (count(), paused) == (1, [])


def test_a_command_that_hangs_has_a_limit_and_one_that_builds_has_none(tmp_path, monkeypatch, paused):
    command = tmp_path / "docker"
    command.write_text("#!/bin/sh\nexec sleep 2\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(docker, "LIMIT", 0.2)
    with pytest.raises(DockerError, match=r"(?s)did not answer within 0.2 s.*set DOCKER_HOST"):
        Docker().run("service", "rm", "x")
    assert Docker().run("build", ".") == ""
    assert Docker().run("service", "logs", "x") == ""


def test_no_docker_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match="install Docker"):
        Docker().run("info")


def test_variables_reach_docker(tmp_path, monkeypatch):
    command = tmp_path / "docker"
    command.write_text('#!/bin/sh\nprintf \'["%s", "%s"]\' "$NAME" "$(cat)"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert json.loads(Docker().run("x", stdin="in", variables={"NAME": "a b"})) == ["a b", "in"]
