"""A subject that is being served."""

import contextlib
import http.client
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.process_tree import cpu_seconds
from bench.settings import BenchError
from bench.subjects.subject import Subject
from bench.wrk import Load, load
from support.processes import free_port, stopped_afterwards

# Of a connection of its own, of one that is not yet listened at, and of one that is closed before the answer.
NOT_READY = (OSError, http.client.HTTPException)


@dataclass
class Server:
    """A server process and what it serves."""

    subject: Subject
    port: int
    process: subprocess.Popen
    log: Path
    first_page: float = 0  # seconds from the start of the process to its first page

    def get(self, path: str, timeout: float = 30, **headers: str) -> tuple[int, list[tuple[str, str]], str]:
        """Request a page as a proxy does; return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path, headers=self.subject.headers | headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read().decode()
        finally:
            connection.close()

    def check(self, page: str) -> None:
        """Raise ``BenchError`` if a page is not what it should be: an error page must not be measured."""
        status, _, body = self.get(self.subject.paths[page])
        if status != 200 or self.subject.shows.get(page, "") not in body:
            raise BenchError(f"{self.subject.title} answers {status} to {self.subject.paths[page]}; see {self.log}")

    def load(self, page: str, seconds: int, connections: int, **headers: str) -> tuple[Load, float]:
        """Put load on a page; return what wrk saw, and the CPU time of a request in milliseconds."""
        before = cpu_seconds(self.process.pid)
        url = f"http://127.0.0.1:{self.port}{self.subject.paths[page]}"
        seen = load(url, seconds, connections, self.subject.headers | headers)
        used = cpu_seconds(self.process.pid) - before
        return seen, used * 1000 / max(seen.requests, 1)

    def wait_for_first_page(self, start: float, seconds: float = 60) -> None:
        """Wait until the home page is there, and note how long that took since ``start``."""
        while time.monotonic() - start < seconds:
            if self.process.poll() is not None:
                raise BenchError(f"{self.subject.title} ended with status {self.process.returncode}; see {self.log}")
            with contextlib.suppress(*NOT_READY):
                if self.get(self.subject.paths["home"])[0] == 200:
                    self.first_page = time.monotonic() - start
                    return
            time.sleep(0.005)
        raise BenchError(f"{self.subject.title} has no home page after {seconds} s; see {self.log}")


@contextlib.contextmanager
def serve(subject: Subject, logs: Path) -> Iterator[Server]:
    """Serve a subject while the block runs; the block starts when its home page is there.

    Args:
        subject: what to serve.
        logs: a folder for what the server prints.
    """
    port = free_port()
    log = logs / f"{subject.name.replace(' ', '-')}-{port}.log"
    program, *arguments = (word.format(port=port) for word in subject.server)
    start = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            [subject.venv / "bin" / program, *arguments],
            cwd=subject.folder,
            env=subject.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    with stopped_afterwards(process):
        server = Server(subject, port, process, log)
        server.wait_for_first_page(start)
        yield server
