"""CPU time and memory of a process and all its children."""

import contextlib
import time
from pathlib import Path

import psutil


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and all its children."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user and system, that a process and all its children took, also those that have ended."""
    total = 0.0
    for process in tree(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def pss_mb(pid: int) -> float:
    """Return the memory of a process and all its children in MB; pages that several share count once.

    https://docs.kernel.org/filesystems/proc.html#process-specific-subdirectories
    """
    kilobytes = 0
    for process in tree(pid):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes * 1024 / 1e6


def wait_until_idle(pid: int, share: float = 0.05, seconds: float = 20) -> None:
    """Wait until a process and its children use less than a share of a CPU."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = cpu_seconds(pid)
        time.sleep(0.5)
        if cpu_seconds(pid) - before < share * 0.5:
            return
