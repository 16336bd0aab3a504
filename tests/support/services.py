"""PostgreSQL, PgBouncer and Redis for one test run: from the machine's own packages, on free ports, with passwords."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.processes import free_port, listens, wait_for


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

    @contextmanager
    def outage(self, kind):
        """Let it be down while the block runs: it ``stops``, or it ``hangs`` or ``vanishes`` and keeps its memory."""
        if kind == "vanishes":
            with cut_off(self.port):
                yield
            return
        self.stop() if kind == "stops" else self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.start() if kind == "stops" else self.process.send_signal(signal.SIGCONT)

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
        self.serve()

    def serve(self):
        """Start the server on its folder."""
        data = str(self.folder / "data")
        options = ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
        self.process = subprocess.Popen(
            self.command("postgres", "-D", data, *options, "-c", "fsync=off"),
            stderr=(self.folder / "log").open("a"),
            cwd="/",
        )
        wait_for(lambda: self.run("SELECT 1").returncode == 0, self.process, "PostgreSQL")

    def restart(self, mode):
        """End the server by a signal, SIGINT for a fast and SIGQUIT for an immediate shutdown, and start it again."""
        os.kill(int((self.folder / "data/postmaster.pid").read_text().split()[0]), mode)
        self.process.wait(20)
        self.serve()

    def psql(self, statement, database="postgres", host="127.0.0.1", port=None):
        """Return the command that runs a statement by psql."""
        address = f"postgresql:///{database}?host={host}&port={port or self.port}&user=app&password={self.password}"
        return [*self.command("psql", address), "--tuples-only", "--no-align", "--command", statement]

    def run(self, statement, **where):
        """Run a statement by psql."""
        return subprocess.run(self.psql(statement, **where), capture_output=True, text=True, cwd="/")

    @contextmanager
    def locked(self, table, database):
        """Let everybody wait who reads a table while the block runs. The lock is held by the socket, not the network."""
        statement = f"BEGIN; LOCK TABLE {table}; SELECT pg_sleep(300)"
        holder = subprocess.Popen(
            self.psql(statement, database=database, host=self.folder / "data"), stdout=subprocess.DEVNULL, cwd="/"
        )
        granted = f"SELECT 1 FROM pg_locks WHERE relation = '{table}'::regclass AND granted AND mode ~ '^Access'"
        wait_for(lambda: self.run(granted, database=database).stdout.strip(), holder, "the lock")
        try:
            yield
        finally:
            self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = '{statement}'")
            holder.wait(20)

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


class PgBouncer:
    """PgBouncer in transaction mode, with fewer connections to the server than it has clients."""

    def __init__(self, postgres):
        self.postgres, self.port = postgres, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="ddpt-pgbouncer-"))
        self.process = None

    def start(self):
        if not shutil.which("pgbouncer"):
            pytest.skip("PgBouncer is not installed")
        (self.folder / "users").write_text(f'"app" "{self.postgres.password}"\n')
        (self.folder / "config").write_text(f"""
            [databases]
            * = host=127.0.0.1 port={self.postgres.port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {self.port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {self.folder}/users
            pool_mode = transaction
            default_pool_size = 2
        """.replace("    ", ""))
        as_other = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            as_other = ["runuser", "--user", "postgres", "--"]
        log = (self.folder / "log").open("w")
        command = [*as_other, shutil.which("pgbouncer"), self.folder / "config"]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        wait_for(lambda: listens(self.port), self.process, "PgBouncer")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder)


@contextmanager
def cut_off(port: int) -> Iterator[None]:
    """Drop every packet from and to a port of this machine while the block runs, as if its host were gone."""
    if os.geteuid() != 0 or not shutil.which("iptables"):
        pytest.skip("only root can cut a port off, by iptables")
    rules = [["INPUT", "-i", "lo", "-p", "tcp", end, str(port), "-j", "DROP"] for end in ("--dport", "--sport")]
    try:
        for rule in rules:
            subprocess.run(["iptables", "--wait", "-I", *rule], check=True)
        yield
    finally:
        for rule in rules:
            subprocess.run(["iptables", "--wait", "-D", *rule], check=True)
