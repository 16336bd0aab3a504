"""What docker's answers mean: answers of a real engine, which a docker command of the test repeats."""

import json

import pytest

from ddpt_deploy.docker.client import Docker
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


def test_an_engine_that_does_not_answer_is_an_error_that_helps(answer):
    answer("no engine")
    with pytest.raises(DockerError, match="set DOCKER_HOST"):
        Docker().inspect("service", "x")
    with pytest.raises(DockerError):
        Docker().ids("service", "ps", "x")
    answer("no engine, info")
    assert "Cannot connect" in Docker().info()["ServerErrors"][0]


def test_nothing_is_asked_about_nothing(answer):
    answer("no engine")
    assert Docker().inspect("task") == []


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
