"""The machine, and the versions of what is measured."""

import platform
import re
import subprocess
from pathlib import Path

import psutil

from bench.resources import Resources
from bench.settings import TEMPLATE
from bench.subjects.peer import version
from support.projects import SOURCE

PACKAGES = ("django", "gunicorn", "psycopg", "redis", "whitenoise")


def first_line(*command: str) -> str:
    """Return the first line that a command prints, or "none" if it is not installed."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=TEMPLATE)
    except OSError:
        return "none"
    return (done.stdout.splitlines() or ["none"])[0].strip()


def processor() -> str:
    """Return what the processor calls itself."""
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def pinned(*files: Path) -> str:
    """Return the packages that matter for speed and their versions, as lists of requirements pin them."""
    text = "\n".join(file.read_text() for file in files)
    pins = {
        name.lower(): version for name, version in re.findall(r"^([\w-]+)(?:\[\w+\])?==([\w.]+)", text, re.MULTILINE)
    }
    return ", ".join(f"{name} {pins[name]}" for name in PACKAGES if name in pins)


def facts(resources: Resources) -> dict[str, str]:
    """Return what a reader of the results must know."""
    settings, clone = resources.settings, resources.peer_checkout
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release()}"
    wrk = " ".join(first_line("wrk", "--version").split()[:2])
    docker = first_line("docker", "version", "--format", "Docker Engine {{.Server.Version}}")
    lists = (
        [clone / "{{cookiecutter.project_slug}}/requirements" / name for name in ("base.txt", "production.txt")]
        if clone
        else []
    )
    return {
        "machine": f"{psutil.cpu_count()} × {processor()}, {memory:.0f} GiB, {system}",
        "tools": f"Python {platform.python_version()} for all, {wrk}, {docker}",
        "this template": pinned(SOURCE / "requirements/base.txt"),
        "cookiecutter-django": f"{version(clone)}: {pinned(*lists)}" if clone else "not measured",
        "revision": first_line("git", "describe", "--always", "--dirty"),
        "settings": f"{settings.rounds} rounds, {settings.seconds} s of load, {settings.workers} processes",
    }
