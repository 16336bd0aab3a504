"""Runs management commands on a schedule: ``python -m {{ cookiecutter.django_project_name }}.core.schedule``, in one container of the swarm.

The variable ``SCHEDULE`` has a line for each job: ``daily 03:30 housekeeping`` (in UTC), or ``every 10m command --option``,
with s, m or h. A job that was due while nothing ran, or that a release stopped, runs when the container starts again. Jobs
run one after the other, and what they print is in the log of the container.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import schedule_metrics, site_state

# How often it is seen whether there is something new to tell `make status`
REPORT_SECONDS = 10

UNITS = {"s": 1, "m": 60, "h": 3600}
DAY = 86_400
DAILY = re.compile(r"daily ([01]\d|2[0-3]):([0-5]\d) (\S.*)")
EVERY = re.compile(r"every ([1-9]\d*)([smh]) (\S.*)")


@dataclass(frozen=True)
class Job:
    """A command, and when it is due: at an interval in seconds, counted from midnight UTC and an offset."""

    command: str
    period: int
    offset: int = 0

    def is_due(self, now: float, last: float | None) -> bool:
        """Tell whether it is due, when it last started at ``last``. A new daily job waits for its time."""
        if last is None:
            return self.period < DAY
        return last < (now - self.offset) // self.period * self.period + self.offset


def parse(text: str) -> list[Job]:
    """Return the jobs of a schedule.

    Raises:
        ValueError: names the line that is invalid.
    """
    jobs = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if found := DAILY.fullmatch(line):
            hour, minute, command = found.groups()
            jobs.append(Job(command, DAY, int(hour) * 3600 + int(minute) * 60))
        elif found := EVERY.fullmatch(line):
            count, unit, command = found.groups()
            jobs.append(Job(command, int(count) * UNITS[unit]))
        else:
            message = f"SCHEDULE: {line!r} is invalid: write 'daily 03:30 command' or 'every 10m command'"
            raise ValueError(message)
    return jobs


def run(job: Job) -> dict[str, Any]:
    """Run a job, print what it prints, and return how it went; times are seconds since the epoch."""
    started = time.time()
    command = [sys.executable, "manage.py", *job.command.split()]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
    for line in done.stdout.splitlines():
        log(f"{job.command}: {line}")
    last_line = (done.stdout.strip().splitlines() or [""])[-1]
    return {
        "started": started,
        "seconds": round(time.time() - started, 1),
        "ok": done.returncode == 0,
        "printed": last_line[-300:],
    }


def load(file: Path) -> dict[str, Any]:
    """Return the last run of each job, by its command; nothing where the file is missing or was written by half."""
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found


def store(file: Path, runs: Mapping[str, Any]) -> None:
    """Store the last runs."""
    file.write_text(json.dumps(runs))


def log(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run what is due, until the process is stopped."""
    jobs = parse(os.environ["SCHEDULE"])
    file = Path(os.environ["SCHEDULE_STATE"])
    known = load(file)
    runs = {job.command: known.get(job.command) for job in jobs}
    store(file, runs)
    # What backups are tagged with
    file.with_name("release").write_text(os.environ.get("RELEASE", ""))
    if port := os.environ.get("METRICS_PORT"):
        schedule_metrics.serve(int(port), runs)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    reported: dict[str, Any] = {}
    next_report = 0.0
    while True:
        if (now := time.time()) >= next_report:
            next_report = now + REPORT_SECONDS
            if (found := site_state.report(runs, now)) != reported:
                reported = found
                # a line that `make status` reads
                log(json.dumps(found))
        for job in jobs:
            if job.is_due(time.time(), (runs[job.command] or {}).get("started")):
                runs[job.command] = run(job)
            elif runs[job.command] is None:
                # From now on a daily job is due at its time
                runs[job.command] = {"started": time.time(), "seconds": 0, "ok": True, "printed": "not due yet"}
            else:
                continue
            store(file, runs)
            next_report = 0.0
        time.sleep(1)


if __name__ == "__main__":
    main()
