"""How long commands take."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench.settings import BenchError


def seconds(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> float:
    """Run a command and return how long it took; raises ``BenchError`` with its output if it fails."""
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    took = time.perf_counter() - start
    if done.returncode:
        raise BenchError(f"{' '.join(map(str, command))} failed in {folder}:\n{done.stdout}")
    return took
