"""Ports and processes of this machine, and waiting for what they do."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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


def until(true: Callable[[], bool], seconds: float = 60) -> float:
    """Wait for a condition and return how long it took; fail when it takes longer than ``seconds``."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, f"not within {seconds} s"
        time.sleep(0.1)
    return time.monotonic() - start


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
