"""How long commands take."""

import resource
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench.settings import BenchError


def timed(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> tuple[dict[str, float], str]:
    """Run a command; return its seconds and its CPU seconds, those of all its children included, and what it printed.

    Raises:
        BenchError: the command failed; the message has its output.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise BenchError(f"{' '.join(map(str, command))} failed in {folder}:\n{done.stdout}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": took, "cpu_seconds": used}, done.stdout
