"""What is printed: a calm line for each step with its time, or one JSON object a line for programs."""

import getpass
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from deploy.errors import DeployError


class Console:
    """The operator's terminal, or the log of a CI job."""

    def __init__(self, *, machine: bool = False, assume_yes: bool = False):
        self.machine = machine
        self.assume_yes = assume_yes
        self.live = sys.stderr.isatty() and not machine

    def say(self, text: str) -> None:
        """Print a line."""
        if self.machine:
            self._json(event="message", message=text)
        else:
            _print(text)

    def warn(self, text: str) -> None:
        """Print something that may matter."""
        if self.machine:
            self._json(event="warning", message=text)
        else:
            _print(f"! {text}", sys.stderr)

    def error(self, error: DeployError) -> None:
        """Print why it ends."""
        if self.machine:
            self._json(event="error", message=error.message, cause=error.cause, hint=error.hint)
        else:
            _print(f"\n{error}", sys.stderr)

    def table(self, rows: list[dict[str, str]]) -> None:
        """Print rows under their names."""
        if self.machine:
            for row in rows:
                self._json(event="row", **row)
            return
        if not rows:
            return
        columns = list(rows[0])
        widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in columns}
        for row in [dict(zip(columns, columns, strict=True)), *rows]:
            _print("  ".join(row[name].ljust(widths[name]) for name in columns).rstrip())

    @contextmanager
    def step(self, name: str) -> Iterator["Step"]:
        """Print how a step went and how long it took."""
        step = Step(self, name)
        step.progress("")
        try:
            yield step
        except BaseException:
            self._step(step, "failed")
            raise
        self._step(step, "ok")

    def confirm(self, question: str) -> None:
        """Go on only with a yes, from the terminal or from YES=1. Raises DeployError."""
        if self.assume_yes:
            return
        if not sys.stdin.isatty():
            raise DeployError(f"{question} Nobody is here to say yes.", hint="add YES=1 if you are sure")
        try:
            answer = input(f"{question} [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise DeployError("Nothing was done.")

    def ask_secret(self, name: str, about: str) -> str:
        """Ask for a value without showing it; empty where there is no terminal or YES=1 is set."""
        if self.assume_yes or not sys.stdin.isatty():
            return ""
        try:
            return getpass.getpass(f"{name} ({about}; Enter for none): ").strip()
        except EOFError:
            return ""

    def _step(self, step: "Step", result: str) -> None:
        seconds = round(time.monotonic() - step.start, 1)
        if self.machine:
            self._json(event="step", step=step.name, result=result, seconds=seconds, detail=step.detail)
            return
        self._erase()
        mark = "✓" if result == "ok" else "✗"
        _print(f"{mark} {step.name:<24} {seconds:>6.1f} s  {step.detail}".rstrip())

    def _json(self, **facts: Any) -> None:
        _print(json.dumps(facts))

    def _erase(self) -> None:
        if self.live:
            _print("\r\033[K", sys.stderr, end="")


class Step:
    """A step that is under way."""

    def __init__(self, console: Console, name: str):
        self.console = console
        self.name = name
        self.detail = ""
        self.start = time.monotonic()

    def progress(self, text: str) -> None:
        """Show on a terminal how far it is."""
        if self.console.live:
            seconds = time.monotonic() - self.start
            _print(f"\r\033[K  {self.name:<24} {seconds:>6.1f} s  {text}".rstrip(), sys.stderr, end="")


def _print(text: str, stream: TextIO | None = None, *, end: str = "\n") -> None:
    # A terminal that was closed, or a program that reads no further, must not keep the old release from being put back.
    with suppress(OSError):
        print(text, file=stream or sys.stdout, end=end, flush=True)
