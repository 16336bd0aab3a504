"""Our project on the Docker Engine of this machine, deployed as an operator does it."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from bench.process_tree import cpu_seconds
from bench.subjects.static_file import NAME, content
from bench.wrk import Load, load
from support.engine import docker
from support.projects import DEFAULTS
from support.site import Site
from support.traffic import own_address

STACK = "bench"
HTTP_PORT, HTTPS_PORT = 8580, 8543
SERVICES = ("django", "caddy", "postgres", "redis")


def prepare(folder: Path) -> Site:
    """Generate the project in ``folder``, with the static file, and the app that stores what a load generator sends."""
    ports = {"HTTP_PORT": str(HTTP_PORT), "HTTPS_PORT": str(HTTPS_PORT)}
    # Room for the connections of eight replicas
    site = Site(folder, STACK, DEFAULTS, POSTGRES_MAX_CONNECTIONS="300", **ports)
    (site.package / "core/static" / NAME).write_bytes(content())
    site.add_proof()
    return site


def logged[T](logs: Path, act: Callable[..., T], *arguments: Any, **keywords: Any) -> T:
    """Do something with a site, and write what it prints to a file."""
    with (logs / "site.log").open("a") as file, contextlib.redirect_stdout(file):
        return act(*arguments, **keywords)


def put_load(path: str, port: int, seconds: int, connections: int) -> Load:
    """Put load on a path of what serves HTTPS as localhost at a port of this machine."""
    return load(f"https://localhost:{port}{path}", seconds, connections, {}, address=own_address())


def cpu_by_part(site: Site) -> dict[str, float]:
    """Return the CPU seconds that the containers of each service took until now, and the engine itself.

    The engine writes the logs, and its networks run in the kernel.
    """
    found = {}
    for service in SERVICES:
        pids = docker("inspect", "--format", "{{.State.Pid}}", *site.containers(service)).split()
        found[service] = sum(cpu_seconds(int(pid)) for pid in pids)
    engines = [one for one in psutil.process_iter(["name"]) if one.info["name"] == "dockerd"]
    found["engine"] = sum(sum(one.cpu_times()[:2]) for one in engines)
    return found
