"""The machine, and the versions of what was measured."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import psutil

from bench.resources import Resources
from bench.settings import TEMPLATE
from bench.subjects.subject import Subject

PACKAGES = "import importlib.metadata as m, sys; print(' '.join(m.version(name) for name in sys.argv[1:]))"


def first_line(*command: str) -> str:
    """Return the first line that a command prints, or an empty text if it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=TEMPLATE)
    except OSError:
        return ""
    return (done.stdout.splitlines() or [""])[0].strip()


def processor() -> str:
    """Return what the processor calls itself."""
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def packages(subject: Subject, *names: str) -> str:
    """Return the names and versions of packages of a subject."""
    found = first_line(str(subject.python), "-c", PACKAGES, *names).split()
    return ", ".join(f"{name} {version}" for name, version in zip(names, found, strict=False))


def facts(resources: Resources) -> dict[str, str]:
    """Return what a reader must know of the machine; of subjects only what this run has made."""
    settings = resources.settings
    memory = psutil.virtual_memory().total / 2**30
    found = {
        "machine": f"{psutil.cpu_count()} × {processor()}, {memory:.0f} GiB, {platform.system()} {platform.release()}",
        "revision": first_line("git", "describe", "--always", "--dirty"),
        "Python": platform.python_version(),
        "wrk": (re.search(r"wrk (\S+)", first_line("wrk", "--version")) or ["", ""])[1],
        "settings": f"{settings.rounds} rounds of {settings.seconds} s, {settings.workers} processes",
        "command": f"{sys.executable} -m bench",
    }
    made = vars(resources)
    if "ours" in made:
        found["ours"] = packages(made["ours"], "django", "gunicorn", "psycopg", "redis", "whitenoise")
    if made.get("peer"):
        found["peer"] = packages(made["peer"], "django", "gunicorn", "psycopg", "redis", "whitenoise")
    return found
