"""Projects with their packages for development."""

from dataclasses import dataclass
from pathlib import Path

from bench.subjects.environment import empty, install, variables
from bench.subjects.peer import generate, wheels
from support.projects import bake


@dataclass(frozen=True)
class Development:
    """A project as a developer has it.

    Args:
        folder: where it is.
        environment: of its commands.
        cache: a folder for what tools keep for the user, such as Black.
    """

    folder: Path
    environment: dict[str, str]
    cache: Path


def development(folder: Path) -> Development:
    """Generate our project and install its packages as `make install` does."""
    project = bake(empty(folder / "generated"))
    venv = install(folder / "venv", "--require-hashes", "--requirement", project / "requirements/dev.txt")
    (project / ".venv").symlink_to(venv)
    cache = empty(folder / "cache")
    return Development(project, variables(venv, XDG_CACHE_HOME=str(cache)), cache)


def peer_development(folder: Path, clone: Path, services: dict[str, str]) -> Development:
    """Generate the peer's project and install its packages for development.

    Args:
        folder: where; what was installed there before is used again.
        clone: a checkout of the peer.
        services: the variables of PostgreSQL and Redis.
    """
    folder.mkdir(parents=True, exist_ok=True)
    project = generate(clone, folder)
    lists = wheels(folder / "requirements")
    venv = install(folder / "venv", "--requirement", lists / "base.txt", "--requirement", lists / "local.txt")
    cache = empty(folder / "cache")
    return Development(project, variables(venv, XDG_CACHE_HOME=str(cache), **services), cache)
