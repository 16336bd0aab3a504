"""Run benchmarks: ``python -m bench [NAME ...]``; without a name, all."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

from bench.catalogue import BENCHMARKS
from bench.facts import facts
from bench.report import page
from bench.resources import Resources
from bench.results import Result, save
from bench.settings import PAGE, TEMPLATE, BenchError, Settings
from bench.wrk import require_wrk


def run(name: str, resources: Resources, known: dict[str, str]) -> None:
    """Run a benchmark, store its samples and print its tables."""
    benchmark = BENCHMARKS[name]
    print(f"{benchmark.TITLE}", flush=True)
    begin = time.monotonic()
    samples = benchmark.measure(resources)
    took = time.monotonic() - begin
    save(Result(name, datetime.now(UTC).isoformat(timespec="seconds"), took, known, samples))
    for table in benchmark.tables(samples):
        print(f"\n{table.markdown()}")
    print(f"\n{benchmark.TITLE} took {took:.0f} s\n", flush=True)


def main(names: list[str]) -> int:
    """Run benchmarks, all of them if none is named, and return the exit status."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"There is no benchmark {', '.join(unknown)} → make bench-{{{','.join(BENCHMARKS)}}}", file=sys.stderr)
        return 1
    # Projects start fast only where what Python has compiled is kept.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    failed = []
    try:
        require_wrk()
        with Resources(Settings.from_environment()) as resources:
            known = facts(resources)
            for name in names or BENCHMARKS:
                try:
                    run(name, resources, known)
                # What one benchmark needs and cannot have costs no other its result.
                except (BenchError, AssertionError, subprocess.SubprocessError) as error:
                    print(f"{name} failed: {error}", file=sys.stderr)
                    failed.append(name)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if len(failed) < len(names or BENCHMARKS):
        page.write()
        print(f"Wrote {PAGE.relative_to(TEMPLATE)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
