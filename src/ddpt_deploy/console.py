"""What is printed: a line for each step with its time, or one JSON object a line for programs."""

import getpass
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from ddpt_deploy.errors import DeployError


class Console:
    """The operator's terminal, or the log of a CI job."""

    def __init__(self, *, as_json: bool = False, assume_yes: bool = False):
        self.as_json = as_json
        self.assume_yes = assume_yes
        self.live = sys.stderr.isatty() and not as_json

    def say(self, text: str) -> None:
        """Print a line."""
        if self.as_json:
            self._json(event="message", message=text)
        else:
            _print(text)

    def warn(self, text: str) -> None:
        """Print a warning."""
        if self.as_json:
            self._json(event="warning", message=text)
        else:
            _print(f"! {text}", sys.stderr)

    def error(self, error: DeployError) -> None:
        """Print why the command failed."""
        if self.as_json:
            self._json(event="error", message=error.message, cause=error.cause, hint=error.hint)
        else:
            _print(f"\n{error}", sys.stderr)

    def table(self, rows: list[dict[str, str]]) -> None:
        """Print rows under the names of their columns."""
        if self.as_json:
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
        """Continue only with a yes, from the terminal or from YES=1. Raises DeployError."""
        if self.assume_yes:
            return
        if self._answer(question, "[y/N]", "YES=1").lower() not in ("y", "yes"):
            raise DeployError("Nothing was done.")

    def confirm_name(self, question: str, name: str, typed: str) -> None:
        """Continue only when the name was typed, with the command or on the terminal; YES=1 is not enough.

        Raises DeployError.
        """
        if (typed or self._answer(question, f"Type {name}:", f"CONFIRM={name}")) != name:
            raise DeployError("Nothing was done.", hint=f"to confirm: CONFIRM={name}")

    def ask_secret(self, name: str, about: str) -> str:
        """Ask for a value without showing it; empty where there is no terminal or YES=1 is set."""
        if self.assume_yes or not sys.stdin.isatty():
            return ""
        try:
            return getpass.getpass(f"{name} ({about}; Enter for none): ").strip()
        except EOFError:
            return ""

    def _answer(self, question: str, how: str, option: str) -> str:
        if not sys.stdin.isatty():
            raise DeployError(question, hint=f"confirmation required: add {option}")
        try:
            return input(f"{question} {how} ").strip()
        except EOFError:
            return ""

    def _step(self, step: "Step", result: str) -> None:
        seconds = round(time.monotonic() - step.start, 1)
        if self.as_json:
            self._json(event="step", step=step.name, result=result, seconds=seconds, detail=step.detail)
            return
        if self.live:
            _print("\r\033[K", sys.stderr, end="")
        mark = "✓" if result == "ok" else "✗"
        _print(f"{mark} {step.name:<24} {seconds:>6.1f} s  {step.detail}".rstrip())

    def _json(self, **facts: Any) -> None:
        _print(json.dumps(facts))


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
    # A closed terminal, or a program that stops reading, must not keep a failed release from being rolled back.
    with suppress(OSError):
        print(text, file=stream or sys.stdout, end=end, flush=True)
