"""PostgreSQL and Redis for one test run: started from the machine's own packages, on free ports, with passwords."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def free_port() -> int:
    """Return a port of this machine that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    """Tell whether something listens at a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(ready: Callable[[], object], process: subprocess.Popen, what: str, seconds: float = 60) -> None:
    """Wait until ``ready()`` is true; fail when the process ends before, or when it takes too long."""
    end = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, f"{what} ended with status {process.returncode}"
        assert time.monotonic() < end, f"{what} was not ready after {seconds} s"
        time.sleep(0.1)


@contextmanager
def stopped_afterwards(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    """End a process when the block ends."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Redis:
    """A Redis server that can be stopped and started again."""

    def __init__(self):
        self.port, self.password = free_port(), secrets.token_urlsafe(12)
        self.process = None

    def start(self):
        if not shutil.which("redis-server"):
            pytest.skip("redis-server is not installed")
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", self.password]
        self.process = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no", "--dir", tempfile.gettempdir()], stdout=subprocess.DEVNULL
        )
        wait_for(lambda: listens(self.port), self.process, "Redis")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    @property
    def variables(self):
        """What a project is told of it."""
        return {"REDIS_URL": f"redis://127.0.0.1:{self.port}/0", "REDIS_PASSWORD": self.password}


class Postgres:
    """A PostgreSQL server in a folder of its own."""

    def __init__(self):
        self.port, self.password = free_port(), secrets.token_urlsafe(12)
        self.folder = Path(tempfile.mkdtemp(prefix="ddpt-postgres-"))
        self.process = None

    def command(self, program, *arguments):
        """Return a command of PostgreSQL's, which never runs as root."""
        found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        path = str(found[-1]) if found else shutil.which(program)
        if not path:
            pytest.skip("PostgreSQL is not installed")
        as_other = ["runuser", "--user", "postgres", "--"] if os.geteuid() == 0 else []
        return [*as_other, path, *arguments]

    def start(self):
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            shutil.chown(password_file, "postgres")
        data = str(self.folder / "data")
        initdb = self.command("initdb", "--pgdata", data, "--username", "app", "--pwfile", str(password_file))
        subprocess.run([*initdb, "--auth", "scram-sha-256", "--no-sync"], check=True, capture_output=True, cwd="/")
        options = ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
        self.process = subprocess.Popen(
            self.command("postgres", "-D", data, *options, "-c", "fsync=off"),
            stderr=(self.folder / "log").open("w"),
            cwd="/",
        )
        wait_for(lambda: self.run("SELECT 1").returncode == 0, self.process, "PostgreSQL")

    def run(self, statement):
        """Run a statement by psql."""
        command = self.command("psql", f"postgresql://app:{self.password}@127.0.0.1:{self.port}/postgres")
        return subprocess.run([*command, "--command", statement], capture_output=True, cwd="/")

    def database(self):
        """Return the variables that tell a project of a new and empty database."""
        name = f"test_{secrets.token_hex(4)}"
        assert self.run(f"CREATE DATABASE {name}").returncode == 0
        return {
            "DATABASE_URL": f"postgres://app@127.0.0.1:{self.port}/{name}",
            "DATABASE_PASSWORD": self.password,
        }

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder)
