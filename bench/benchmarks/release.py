"""How long a release takes."""

import time

from bench.goals import Goal
from bench.report.table import Table, comparison
from bench.resources import Resources
from bench.samples import Sample, middle
from bench.site import logged
from support.site import Site
from support.traffic import Traffic

TITLE = "Releases"
ABOUT = """\
The site of two replicas on the Docker Engine of this machine, under 25 requests/s of which half are POSTs: `make deploy` after
a change of code only, and `make rollback`, which rolls an image out that was built before. Each old container serves on
for `DRAIN_SECONDS=5` after its successor is healthy. All requests that failed are counted.
"""
RATE = 25
GOALS = (
    Goal("release of two replicas, without a build", 20, lambda samples: middle(samples, "rollback", "ours", "seconds"), unit=" s"),
    Goal("release of two replicas, with a build after a change of code", 30, lambda samples: middle(samples, "deploy", "ours", "seconds"), unit=" s"),
    Goal("requests that failed in releases", 0, lambda samples: sum(one.figures["failed"] for one in samples) if samples else None),
)  # fmt: skip


def change_code(site: Site, number: int) -> None:
    """Commit a change of a view."""
    with (site.package / "core/views.py").open("a") as file:
        file.write(f"\nBENCH_RELEASE = {number}\n")
    site.commit(f"change {number}")


def measure(resources: Resources) -> list[Sample]:
    """Deploy and roll back, in turns; nothing without an engine."""
    site, samples = resources.site, []
    if not site:
        return []
    traffic = Traffic(site.url, rate=RATE)
    traffic.start()

    def timed(case: str, **variables: str) -> Sample:
        before = traffic.counts[-1]["sent"], len(traffic.failures)
        start = time.monotonic()
        logged(resources.logs, site.make, case, **variables)
        seconds = time.monotonic() - start
        figures = {"seconds": seconds, "requests": traffic.counts[-1]["sent"] - before[0]}
        sample = Sample(case, "ours", figures | {"failed": len(traffic.failures) - before[1]})
        print(f"  {case}: {sample.figures}", flush=True)
        return sample

    try:
        for number in range(resources.settings.rounds):
            change_code(site, number)
            samples += [timed("deploy"), timed("rollback", YES="1")]
    finally:
        traffic.stop()
    return samples


def tables(samples: list[Sample]) -> list[Table]:
    """Return a table for each kind of release."""
    titles = {"deploy": "`make deploy` after a change of code", "rollback": "`make rollback`"}
    figures = ("seconds", "requests", "failed")
    return [comparison(samples, case, figures, title) for case, title in titles.items()] if samples else []
