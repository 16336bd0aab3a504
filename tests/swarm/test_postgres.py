"""A first start of PostgreSQL that is interrupted: either nothing is lost by it, or it is recognised."""

import re
import subprocess
import time

import pytest
import yaml

from support.engine import docker
from support.projects import DEFAULTS

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("first-start")]

NAME = "ddpt-first-start"
MOMENTS = 10


class Database:
    """PostgreSQL as the stack file runs it, on a volume of its own."""

    def __init__(self, project):
        text = (project / "deployment/stacks/postgres.yml").read_text()
        text = re.sub(r"\$\{POSTGRES_IMAGE:-(.*)}", r"\1", text)
        self.service = yaml.safe_load(text)["services"]["postgres"]

    def start(self):
        docker("rm", "--force", NAME, check=False)
        entrypoint, *script = [word.replace("$$", "$") for word in self.service.get("entrypoint", [])] or [""]
        command = ["postgres", "-c", "shared_buffers=64MB"]
        docker(
            "run", "--detach", "--name", NAME, "--network", NAME, "--user", self.service["user"],
            "--env", "POSTGRES_PASSWORD=secret", "--volume", f"{NAME}:/var/lib/postgresql",
            *(("--entrypoint", entrypoint) if entrypoint else ()), self.service["image"], *script, *command,
        )  # fmt: skip

    def outcome(self):
        """Wait until it is healthy as the stack file says, or ends; return what it is and its log."""
        _, *check = self.service["healthcheck"]["test"]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if docker("inspect", "--format", "{{.State.Running}}", NAME).strip() == "false":
                return "ended", self.log()
            if subprocess.run(["docker", "exec", NAME, *check], capture_output=True).returncode == 0:
                return "healthy", self.log()
            time.sleep(0.1)
        raise AssertionError(self.log())

    @staticmethod
    def log():
        return docker("logs", NAME, errors=True)

    def answers_by_network(self):
        """Tell whether another container gets in with the password."""
        answer = docker(
            "run", "--rm", "--network", NAME, "--env", "PGPASSWORD=secret", self.service["image"],
            "psql", "--host", NAME, "--username", "postgres", "--tuples-only", "--command", "SELECT 40 + 2",
            check=False,
        )  # fmt: skip
        return answer.strip() == "42"

    def remove(self):
        docker("rm", "--force", NAME, check=False)
        docker("volume", "rm", NAME, check=False)


@pytest.fixture(scope="module")
def database(engine, baked):
    database = Database(baked(DEFAULTS))
    database.remove()
    docker("network", "create", NAME)
    yield database
    database.remove()
    docker("network", "rm", NAME)


@pytest.mark.long
def test_a_first_start_that_is_killed_is_repaired_or_recognised(database):
    database.start()
    begin = time.monotonic()
    assert database.outcome()[0] == "healthy"
    duration = time.monotonic() - begin
    assert database.answers_by_network()
    outcomes = []
    for moment in range(MOMENTS):
        database.remove()
        database.start()
        time.sleep(duration * moment / MOMENTS)
        docker("kill", NAME, check=False)
        database.start()
        state, log = database.outcome()
        if state == "healthy":
            assert database.answers_by_network(), f"moment {moment}: healthy, but it lets nobody in\n{log}"
        else:
            assert "The first start of PostgreSQL was interrupted" in log, f"moment {moment}:\n{log}"
        outcomes.append(state)
    print("PROOF first start of PostgreSQL killed: " + ", ".join(outcomes))
    assert set(outcomes) == {"healthy", "ended"}


def test_a_complete_database_starts_again(database):
    database.remove()
    for _ in range(2):
        database.start()
        assert database.outcome()[0] == "healthy"
        docker("kill", NAME)
