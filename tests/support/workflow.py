"""Runs jobs of a project's GitHub workflow as a runner does: their steps, their concurrency groups, and how they are cancelled."""

import os
import re
import signal
import subprocess
import threading
from collections import defaultdict
from pathlib import Path

import yaml

# Seconds from one signal to the next: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
PATIENCE = ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5), (signal.SIGKILL, None))
# Jobs of a group run one after the other.
groups: dict[str, threading.Lock] = defaultdict(threading.Lock)


class Run:
    """A job that runs in a thread. ``failed`` is the name of the step that failed, ``output`` what all of them printed."""

    def __init__(self, checkout: Path, job: str, values: dict[str, str], environment: dict[str, str]):
        """Start it.

        Args:
            checkout: where the commit is that the workflow is started for.
            job: its ID in the workflow.
            values: of expressions, ``${{ ... }}``; those of all others are empty.
            environment: what the runner has besides.
        """
        workflow = yaml.safe_load((checkout / ".github/workflows/ci.yml").read_text())
        self.checkout, self.job, self.values = checkout, workflow["jobs"][job], values
        self.environment = os.environ | environment | self.expand(self.job["env"])
        self.failed, self.output = "", ""
        self.cancelled = threading.Event()
        self.process: subprocess.Popen | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def expand(self, variables: dict[str, str]) -> dict[str, str]:
        """Return variables with the values of their expressions."""
        expression = re.compile(r"\${{ *(.*?) *}}")
        return {
            name: expression.sub(lambda found: self.values.get(found[1], ""), value)
            for name, value in variables.items()
        }

    def _run(self) -> None:
        concurrency = self.job["concurrency"]
        assert concurrency["cancel-in-progress"] is False
        with groups[concurrency["group"]]:
            for step in self.job["steps"]:
                # The test has checked the commit out.
                if "run" in step and self._is_due(step.get("if", "")):
                    self._run_step(step)

    def _is_due(self, condition: str) -> bool:
        if condition == "cancelled()":
            return self.cancelled.is_set()
        assert not condition
        return not self.failed and not self.cancelled.is_set()

    def _run_step(self, step: dict) -> None:
        self.process = subprocess.Popen(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.checkout,
            env=self.environment | self.expand(step.get("env", {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        for line in self.process.stdout:
            self.output += line
        if self.process.wait() and not self.cancelled.is_set():
            self.failed = step["name"]

    def cancel(self) -> None:
        """Cancel it: its process is told to stop, twice, and then what runs is killed."""
        self.cancelled.set()
        process = self.process
        for number, seconds in PATIENCE:
            os.killpg(process.pid, number) if number == signal.SIGKILL else process.send_signal(number)
            try:
                process.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                pass

    def wait(self) -> "Run":
        """Wait until it has ended."""
        self.thread.join(900)
        assert not self.thread.is_alive(), self.output
        return self
