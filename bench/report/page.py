"""The page docs/performance.md: facts, plot, goals, and a section for each benchmark.

A benchmark that has no result in build/bench/ keeps the section and the goals that the page already has.
"""

import re
from types import ModuleType

from bench.catalogue import BENCHMARKS
from bench.goals import Goal
from bench.report.plot import plot
from bench.report.table import number
from bench.results import Result, read
from bench.settings import PAGE, PLOT

HEAD = """\
<!-- Written by `make bench`; do not edit. -->

# Performance

How fast a generated project is, and the work on it, beside [cookiecutter-django](https://github.com/cookiecutter/cookiecutter-django),
a project of `django-admin startproject`, and the limit of the server. `make bench` measures all of it and writes this page;
`make bench-pages` measures one part, and replaces its section. What is measured is measured in turns, A B A B, so that
whatever else the machine does falls on all alike. A cell has the median of all rounds, and the range; a ratio is the
median of the ratios of each round.
"""
NOT_MET = "**not met**"


def write() -> None:
    """Write the page and its plot, from the results that there are."""
    before = PAGE.read_text() if PAGE.exists() else ""
    results = {name: read(name) for name in BENCHMARKS}
    if drawing := plot(results):
        PLOT.write_text(drawing)
    parts = [HEAD, facts(results), goals(results, before)]
    parts += [section(benchmark, results[name], before) for name, benchmark in BENCHMARKS.items()]
    PAGE.write_text("\n".join(filter(None, parts)))


def facts(results: dict[str, Result | None]) -> str:
    """Return what was measured on and of: that of the newest result."""
    newest = max(filter(None, results.values()), key=lambda result: result.date).facts
    shown = [f"| {name} | {newest[name]} |" for name in ("machine", "tools", "this template", "cookiecutter-django")]
    image = (
        "![Requests a second, CPU time, start and memory of each project](performance.svg)\n" if PLOT.exists() else ""
    )
    return "\n".join(["| | |", "| --- | --- |", *shown, "", image])


def goals(results: dict[str, Result | None], before: str) -> str:
    """Return the table of goals, and what stands in the way of those that are not met."""
    lines: list[str] = []
    limits: dict[str, list[str]] = {}
    for name, benchmark in BENCHMARKS.items():
        for goal in benchmark.GOALS:
            lines.append(outcome(goal, results[name]) or line_before(goal, before) or unmeasured(goal))
            if NOT_MET in lines[-1] and goal.limit:
                limits.setdefault(" ".join(goal.limit.split()), []).append(goal.text)
    head = ["## Goals\n", "| goal | wanted | measured | |", "| --- | ---: | ---: | --- |"]
    reasons = [f"- {'; '.join(texts)}: {limit}" for limit, texts in limits.items()]
    reasons = ["", "What stands in the way of those that are not met:", "", *reasons] if reasons else []
    return "\n".join([*head, *lines, *reasons]) + "\n"


def outcome(goal: Goal, result: Result | None) -> str:
    """Return the line of a goal that was measured, or nothing."""
    value = goal.value(result.samples) if result else None
    if not result or value is None:
        return ""
    met = "met" if goal.met(result.samples) else NOT_MET
    return f"| {goal.text} | {goal.wanted} | {number(value)}{goal.unit} | {met} |"


def unmeasured(goal: Goal) -> str:
    """Return the line of a goal that was not measured."""
    return f"| {goal.text} | {goal.wanted} | – | not measured |"


def line_before(goal: Goal, before: str) -> str:
    """Return the line that a page has of a goal, if its bound is the same, or nothing."""
    start = f"| {goal.text} | {goal.wanted} |"
    return next((line for line in before.splitlines() if line.startswith(start)), "")


def section(benchmark: ModuleType, result: Result | None, before: str) -> str:
    """Return the section of a benchmark; without a result the one that the page has, or nothing."""
    if not result:
        found = re.search(rf"^## {re.escape(benchmark.TITLE)}\n.*?(?=^## |\Z)", before, re.MULTILINE | re.DOTALL)
        return found[0].rstrip("\n") + "\n" if found else ""
    facts = result.facts
    measured = f"Measured {result.date[:10]} at revision {facts['revision']} by `make bench-{result.name}`: {facts['settings']}; "
    measured += f"{facts['machine']}. It took {result.took:.0f} s."
    tables = [table.markdown() for table in benchmark.tables(result.samples)]
    return "\n\n".join([f"## {benchmark.TITLE}", benchmark.ABOUT.strip(), *tables, measured]) + "\n"
