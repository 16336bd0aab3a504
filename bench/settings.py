"""How long and how often is measured; each value can be set by a variable."""

import os
from dataclasses import dataclass, fields
from pathlib import Path

TEMPLATE = Path(__file__).parents[1]
RESULTS = TEMPLATE / "build/bench"
PAGE = TEMPLATE / "docs/performance.md"
PLOT = TEMPLATE / "docs/performance.svg"


class BenchError(Exception):
    """Something that a benchmark needs is missing or failed; the message says what to type next."""


@dataclass(frozen=True)
class Settings:
    """What a run does; ``BENCH_ROUNDS=1`` sets ``rounds``."""

    rounds: int = 3  # times that each subject is measured, in turns
    seconds: int = 6  # of load for one measurement
    warm_up: int = 2  # seconds of load before the first measurement
    connections: int = 32
    workers: int = 4  # processes of each server
    requests: int = 100_000  # after which memory is measured again
    rows: int = 1_000_000  # of the largest tables

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the variables; raises ``BenchError`` for one that is not a positive integer."""
        values = {}
        for field in fields(cls):
            name = f"BENCH_{field.name.upper()}"
            text = os.environ.get(name, str(field.default))
            if not text.isdecimal() or int(text) == 0:
                raise BenchError(f"{name} is not a positive integer: {text!r} → {name}={field.default}")
            values[field.name] = int(text)
        return cls(**values)
