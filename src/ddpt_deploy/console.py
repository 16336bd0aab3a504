"""The terminal: a line for each step with its time, or one JSON object a line for programs; questions; waiting."""

import getpass
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TextIO

from ddpt_deploy.errors import DeployError


@dataclass
class Step:
    """A step of a command; ``detail`` is what is printed with it at its end."""

    name: str
    start: float
    detail: str = ""

    def line(self, mark: str, text: str) -> str:
        """Return the line that shows it, with its duration in seconds."""
        return f"{mark} {self.name:<24} {time.monotonic() - self.start:>6.1f} s  {text}".rstrip()


class Console:
    """The operator's terminal, or the log of a CI job."""

    def __init__(self, *, as_json: bool = False, assume_yes: bool = False):
        self.as_json = as_json
        self.assume_yes = assume_yes
        self.live = sys.stderr.isatty() and not as_json
        self.under_way: Step | None = None

    def say(self, text: str) -> None:
        """Print a line."""
        self._show(text, event="message", message=text)

    def warn(self, text: str) -> None:
        """Print a warning."""
        self._show(f"! {text}", sys.stderr, event="warning", message=text)

    def error(self, error: DeployError) -> None:
        """Print why the command failed."""
        facts = {"message": error.message, "cause": error.cause, "hint": error.hint}
        self._show(f"\n{error}", sys.stderr, event="error", **facts)

    def table(self, rows: list[dict[str, str]]) -> None:
        """Print rows under the names of their columns."""
        if self.as_json or not rows:
            for row in rows:
                _print(json.dumps({"event": "row", **row}))
            return
        columns = list(rows[0])
        widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in columns}
        for row in [dict(zip(columns, columns, strict=True)), *rows]:
            _print("  ".join(row[name].ljust(widths[name]) for name in columns).rstrip())

    def report(self, facts: Mapping[str, Any], problems: Sequence[DeployError]) -> None:
        """Print facts (those that are lists of rows as tables) and problems, or one JSON object with both."""
        if self.as_json:
            listed = [{"message": one.message, "cause": one.cause, "hint": one.hint} for one in problems]
            _print(json.dumps({**facts, "problems": listed}))
            return
        for name, fact in facts.items():
            if isinstance(fact, list):
                self.table(fact)
            else:
                pairs = fact.items() if isinstance(fact, dict) else [("", fact)]
                self.say(f"{name}: " + ", ".join(f"{key} {value}".strip() for key, value in pairs))
        for problem in problems:
            self.warn(str(problem))

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Print how a step went and how long it took."""
        step = self.under_way = Step(name, time.monotonic())
        self._progress("")
        result = "failed"
        try:
            yield step
            result = "ok"
        finally:
            self.under_way = None
            if self.live:
                _print("\r\033[K", sys.stderr, end="")
            seconds = round(time.monotonic() - step.start, 1)
            line = step.line("✓" if result == "ok" else "✗", step.detail)
            self._show(line, event="step", step=name, result=result, seconds=seconds, detail=step.detail)

    def wait_until(self, poll: Callable[[], str], *, timeout: float, interval: float = 0.5) -> str:
        """Poll until there is nothing left to wait for; return "", or what was missing after ``timeout`` seconds.

        ``poll`` returns what is still missing, and raises when waiting makes no sense any more.
        """
        deadline = time.monotonic() + timeout
        while (missing := poll()) and time.monotonic() <= deadline:
            self._progress(missing)
            time.sleep(interval)
        return missing

    def confirm(self, question: str) -> None:
        """Continue only with a yes, from the terminal or from YES=1. Raises DeployError."""
        if not self.assume_yes and self._answer(question, "[y/N]", "YES=1").lower() not in ("y", "yes"):
            raise DeployError("Nothing was done.")

    def confirm_name(self, question: str, name: str, typed: str) -> None:
        """Continue only when the name is typed, here or with the command; YES=1 is not enough. Raises DeployError."""
        if (typed or self._answer(question, f"Type {name}:", f"CONFIRM={name}")) != name:
            raise DeployError("Nothing was done.", hint=f"to confirm: CONFIRM={name}")

    def ask_secret(self, name: str, about: str) -> str:
        """Ask for a value without showing it; empty where there is no terminal or YES=1 is set."""
        if self.assume_yes or not sys.stdin.isatty():
            return ""
        with suppress(EOFError):
            return getpass.getpass(f"{name} ({about}; Enter for none): ").strip()
        return ""

    def _progress(self, text: str) -> None:
        """Show on a terminal how far the step is that is under way."""
        if self.live and self.under_way:
            _print(f"\r\033[K{self.under_way.line(' ', text)}", sys.stderr, end="")

    def _answer(self, question: str, how: str, option: str) -> str:
        if not sys.stdin.isatty():
            raise DeployError(question, hint=f"confirmation required: add {option}")
        with suppress(EOFError):
            return input(f"{question} {how} ").strip()
        return ""

    def _show(self, text: str, stream: TextIO | None = None, **facts: Any) -> None:
        """Print the text, or the facts as JSON."""
        if self.as_json:
            _print(json.dumps(facts))
        else:
            _print(text, stream)


def _print(text: str, stream: TextIO | None = None, *, end: str = "\n") -> None:
    # A closed terminal, or a program that stops reading, must not keep a failed release from being rolled back.
    with suppress(OSError):
        print(text, file=stream or sys.stdout, end=end, flush=True)
