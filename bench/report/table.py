"""Tables of medians, ranges and ratios."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.samples import Sample, ratios, values

# How a figure is called, in the order of the unit.
FIGURES = {
    "requests_per_second": "requests/s",
    "cpu_ms": "CPU ms a request",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "errors": "errors",
    "seconds": "seconds",
    "cpu_seconds": "CPU seconds",
    "process_seconds": "seconds of the process",
    "modules": "modules",
    "failed": "failed",
    "passed": "tests",
    "pss_mb": "PSS MB",
    "requests": "requests",
    "handler_us": "handler µs",
    "middleware_us": "middleware µs",
    "page_us": "page µs",
    "whole_us": "whole µs",
    "cold_us": "whole µs, caches cold",
}
SUBJECTS = {
    "ours": "this template",
    "peer": "cookiecutter-django",
    "plain": "startproject",
    "limit": "bare function",
}
# What it makes no sense to divide.
NO_RATIO = {"errors", "requests", "failed", "passed"}


@dataclass(frozen=True)
class Table:
    """A table of the page."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: bool = False  # whether the cells are texts, and not numbers

    def markdown(self) -> str:
        """Return the table, with its title above it."""
        lines = [self.head, ["---", *["---" if self.texts else "---:"] * (len(self.head) - 1)], *self.rows]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Return a number with as many digits as are worth reading."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def spread(found: Sequence[float]) -> str:
    """Return the median and the range of several values."""
    if not found:
        return "–"
    if len(found) == 1 or min(found) == max(found):
        return number(found[0])
    return f"{number(median(found))} ({number(min(found))} to {number(max(found))})"


def comparison(samples: list[Sample], case: str, figures: Sequence[str], title: str) -> Table:
    """Return the figures of a case, a row for each subject, and below the ratios of ours to the peer's."""
    subjects = list(dict.fromkeys(one.subject for one in samples if one.case == case))
    rows = [
        [SUBJECTS.get(subject, subject), *(spread(values(samples, case, subject, figure)) for figure in figures)]
        for subject in subjects
    ]
    if {"ours", "peer"} <= set(subjects):
        found = [[] if figure in NO_RATIO else ratios(samples, case, figure, "ours", "peer") for figure in figures]
        rows.append(["**this template : cookiecutter-django**", *(spread(one) for one in found)])
    return Table(title, ["", *(FIGURES.get(figure, figure) for figure in figures)], rows)
