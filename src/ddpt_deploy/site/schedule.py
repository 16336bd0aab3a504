"""The jobs of the scheduler: when each ran last, and how that went."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ddpt_deploy.docker.services import logs
from ddpt_deploy.site import services
from ddpt_deploy.site.site import Site


@dataclass(frozen=True)
class Run:
    """The last run of a job."""

    job: str
    # seconds since the epoch
    started: float
    seconds: float
    ok: bool
    # the last line that it printed
    printed: str

    @property
    def when(self) -> str:
        """Return when it started."""
        return datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds")


def last_runs(site: Site) -> list[Run]:
    """Return the last run of each job, as the scheduler has logged it; none where it does not run."""
    found: dict[str, dict[str, Any] | None] = {}
    for task in services.running(services.tasks(site, "scheduler"))[:1]:
        for line in site.docker.output(*logs(task["ID"], tail="200", raw=True)).splitlines():
            if line.startswith('{"jobs"'):
                found = json.loads(line)["jobs"]
    return [Run(job, **run) for job, run in found.items() if run]
