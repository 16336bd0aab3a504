"""Ports and processes of this machine, and waiting for what they do."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


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


def until(true: Callable[[], object], seconds: float = 60, log: Callable[[], str] = str) -> float:
    """Wait for a condition and return how many seconds it took; fail with ``log()`` after ``seconds``."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, f"not within {seconds} s {log()}"
        time.sleep(0.1)
    return time.monotonic() - start


def wait_for(ready: Callable[[], object], process: subprocess.Popen, what: str, seconds: float = 60) -> None:
    """Wait until ``ready()`` is true; fail when the process ends before, or when it takes too long."""
    end = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, f"{what} ended with status {process.returncode}"
        assert time.monotonic() < end, f"{what} was not ready after {seconds} s"
        time.sleep(0.1)


def run(*command: str | Path, timeout: float = 300, **options: Any) -> tuple[int, str]:
    """Run a command without a terminal; return its exit status and all that it printed, errors included."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=timeout, **options,
    )  # fmt: skip
    return done.returncode, done.stdout


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
