"""What docker's answers mean, with a docker command that says what a test wants."""

import pytest
from deploy.engine import Engine
from deploy.errors import EngineError


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """A function that has docker fail with a message."""

    def fail(message):
        command = tmp_path / "docker"
        command.write_text(f"#!/bin/sh\necho '[]'\necho '{message}' >&2\nexit 1\n")
        command.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return fail


@pytest.mark.parametrize("message", ["Error: No such object: x", "Error response from daemon: service x not found"])
def test_what_is_not_there_is_left_out(docker, message):
    docker(message)
    assert Engine().inspect(["service", "inspect", "x"]) == []


def test_an_engine_that_cannot_be_asked_is_no_answer(docker):
    docker("error during connect: connection reset by peer")
    with pytest.raises(EngineError, match="set DOCKER_HOST"):
        Engine().inspect(["service", "inspect", "x"])
    with pytest.raises(EngineError):
        Engine().words_if_there(["service", "ps", "x"])
