"""Measuring in turns: A B A B, so that what else the machine does falls on all subjects alike."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench.samples import Sample
from bench.server import Server, serve
from bench.subjects.subject import Subject


@contextlib.contextmanager
def serve_all(subjects: Iterable[Subject], logs: Path) -> Iterator[list[Server]]:
    """Serve all subjects while the block runs."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(serve(one, logs)) for one in subjects]


def in_turns[T](rounds: int, things: list[T], measure: Callable[[T], Sample]) -> list[Sample]:
    """Measure each thing once a round, and print what was seen."""
    samples = []
    for number in range(1, rounds + 1):
        for thing in things:
            sample = measure(thing)
            shown = ", ".join(f"{name} {value:,.3g}" for name, value in sample.figures.items())
            print(f"  {number}/{rounds} {sample.case}, {sample.subject}: {shown}", flush=True)
            samples.append(sample)
    return samples
