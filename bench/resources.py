"""What several benchmarks use: the subjects and their services. Each is made when it is first asked for."""

import contextlib
import shutil
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from bench.server import serve
from bench.settings import RESULTS, BenchError, Settings
from bench.site import logged, prepare
from bench.subjects.environment import empty
from bench.subjects.limit import limit
from bench.subjects.ours import ours
from bench.subjects.peer import NoPeerError, checkout, peer
from bench.subjects.plain import plain
from bench.subjects.subject import Subject
from support.engine import missing_engine
from support.services import Postgres, Redis
from support.site import Site


class Resources(contextlib.ExitStack):
    """The subjects of a run, in ``folder``; what runs is stopped when the block ends."""

    def __init__(self, settings: Settings, folder: Path = RESULTS):
        super().__init__()
        self.settings, self.folder = settings, folder
        self.folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def logs(self) -> Path:
        """A folder for what servers print."""
        return empty(self.folder / "logs")

    @cached_property
    def postgres(self) -> Postgres:
        """PostgreSQL on the loopback interface."""
        if not (shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*/bin/postgres"))):
            raise BenchError("PostgreSQL is not installed → apt-get install postgresql")
        server = Postgres()
        server.start()
        self.callback(server.stop)
        return server

    @cached_property
    def redis(self) -> Redis:
        """Redis on the loopback interface."""
        if not shutil.which("redis-server"):
            raise BenchError("Redis is not installed → apt-get install redis-server")
        server = Redis()
        server.start()
        self.callback(server.stop)
        return server

    @cached_property
    def ours(self) -> Subject:
        """The project of this template."""
        services = self.postgres.database() | self.redis.variables
        return ours(self.folder / "ours", services, self.settings.workers)

    @cached_property
    def peer_checkout(self) -> Path | None:
        """A checkout of cookiecutter-django; None, and a line that says why, if it cannot be had."""
        try:
            return checkout(self.folder / "peer")
        except NoPeerError as error:
            print(f"Without the peer: {error}")
            return None

    def peer_services(self) -> dict[str, str]:
        """Return the variables that tell the peer of Redis, and of a new and empty database."""
        name = self.postgres.database()["DATABASE_URL"].rpartition("/")[2]
        return {
            "DATABASE_URL": f"postgres://app:{quote(self.postgres.password)}@127.0.0.1:{self.postgres.port}/{name}",
            "REDIS_URL": f"redis://:{quote(self.redis.password)}@127.0.0.1:{self.redis.port}/0",
        }

    @cached_property
    def peer(self) -> Subject | None:
        """The project of cookiecutter-django, if it can be had."""
        if not self.peer_checkout:
            return None
        return peer(self.folder / "peer", self.peer_checkout, self.peer_services(), self.settings.workers)

    @cached_property
    def plain(self) -> Subject:
        """A project of `django-admin startproject`, with our home page as its template."""
        return plain(self.folder / "plain", self.ours.venv, self.answers["/"][1], self.settings.workers)

    @cached_property
    def limit(self) -> Subject:
        """Our server with a function that returns the same bytes."""
        return limit(self.folder / "limit", self.ours, self.answers)

    @cached_property
    def answers(self) -> dict[str, tuple[list[tuple[str, str]], str]]:
        """Headers and body of our pages, by path. The server adds some headers itself."""
        with serve(self.ours, self.logs) as server:
            found = {path: server.get(path) for path in self.ours.paths.values()}
        added = {"server", "date", "connection", "transfer-encoding"}
        return {
            path: ([one for one in headers if one[0].lower() not in added], body)
            for path, (_, headers, body) in found.items()
        }

    @cached_property
    def site(self) -> Site | None:
        """Our project on the Docker Engine of this machine; None, and a line that says why, if there is none."""
        if reason := missing_engine():
            print(f"Without a site: {reason}")
            return None
        site = prepare(empty(self.folder / "site"))
        self.callback(logged, self.logs, site.remove)
        logged(self.logs, site.make, "setup", YES="1")
        return site

    @property
    def compared(self) -> list[Subject]:
        """Ours and, if it can be had, the peer."""
        return [one for one in (self.ours, self.peer) if one]

    @property
    def subjects(self) -> list[Subject]:
        """All subjects."""
        return [*self.compared, self.plain, self.limit]
