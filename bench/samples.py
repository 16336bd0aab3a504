"""What was measured, and what is computed from it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Args:
        case: what was measured, such as the name of a page.
        subject: whose.
        figures: the values, by names that end with their unit: ``cpu_ms``.
        text: what cannot be a number, such as a query plan.
    """

    case: str
    subject: str
    figures: dict[str, float] = field(default_factory=dict)
    text: str = ""


def values(samples: Iterable[Sample], case: str, subject: str, figure: str) -> list[float]:
    """Return a figure of all rounds, in the order in which they were measured."""
    return [
        one.figures[figure] for one in samples if (one.case, one.subject) == (case, subject) and figure in one.figures
    ]


def middle(samples: Iterable[Sample], case: str, subject: str, figure: str) -> float | None:
    """Return the median of a figure; None if it was not measured."""
    found = values(samples, case, subject, figure)
    return median(found) if found else None


def ratios(samples: list[Sample], case: str, figure: str, subject: str, other: str) -> list[float]:
    """Return, for each round, a figure of a subject divided by that of another, which was measured right after it."""
    pairs = zip(values(samples, case, subject, figure), values(samples, case, other, figure), strict=False)
    return [mine / theirs for mine, theirs in pairs if theirs]


def ratio(samples: list[Sample], case: str, figure: str, subject: str = "ours", other: str = "peer") -> float | None:
    """Return the median of ``ratios``; None if one of the two was not measured."""
    found = ratios(samples, case, figure, subject, other)
    return median(found) if found else None
