"""What speed is aimed at, and whether it was reached."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.samples import Sample


@dataclass(frozen=True)
class Goal:
    """A bound of a measured value.

    Args:
        text: what is measured.
        bound: the largest value, or with ``at_least`` the smallest, that meets the goal.
        value: computes it; None where it was not measured.
        unit: of the value, as it is read after the number.
        at_least: whether larger is better.
        limit: what stands in the way where it is not met, as far as measurements show it.
    """

    text: str
    bound: float
    value: Callable[[list[Sample]], float | None]
    unit: str = ""
    at_least: bool = False
    limit: str = ""

    @property
    def wanted(self) -> str:
        """The bound as text."""
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{self.unit}"

    def met(self, samples: list[Sample]) -> bool | None:
        """Return whether the goal was met; None where it was not measured."""
        found = self.value(samples)
        if found is None:
            return None
        return found >= self.bound if self.at_least else found <= self.bound
