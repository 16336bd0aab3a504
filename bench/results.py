"""Results of benchmarks as files: ``build/bench/NAME.json``."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.samples import Sample
from bench.settings import RESULTS


@dataclass(frozen=True)
class Result:
    """What one run of a benchmark saw.

    Args:
        name: of the benchmark.
        date: and time of its end, in ISO 8601.
        took: seconds.
        facts: about the machine, versions and settings.
        samples: what was measured.
    """

    name: str
    date: str
    took: float
    facts: dict[str, str]
    samples: list[Sample]


def path(name: str) -> Path:
    """Return the file of a benchmark."""
    return RESULTS / f"{name}.json"


def save(result: Result) -> None:
    """Write a result in place of the last one."""
    path(result.name).write_text(json.dumps(asdict(result), indent=1) + "\n")


def read(name: str) -> Result | None:
    """Return the last result of a benchmark; None if there is none."""
    if not path(name).exists():
        return None
    stored = json.loads(path(name).read_text())
    return Result(**stored | {"samples": [Sample(**one) for one in stored["samples"]]})
