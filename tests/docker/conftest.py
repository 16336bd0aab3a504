"""Projects on a Docker engine; all tests of this folder are skipped, with one line, where none answers.

Each base image is a group of its own, which one worker runs: so the image is built once, the project is started once, and
both base images are tested at the same time.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from projects import bake

from .project import PACKAGE, Project

HERE = Path(__file__).parent

# Who owns the project, and so its files made in containers: neither root nor the image's default user. 33 is a user that
# Debian's image has already.
OWNERS = {"alpine": 4321, "slim": 33}

# What users log in with
LOGINS = {"alpine": "username", "slim": "email"}


def engine_answers() -> bool:
    """Tell whether there is a Docker engine, with Compose."""
    try:
        for command in (["docker", "info"], ["docker", "compose", "version"]):
            subprocess.run(command, check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder where there is no engine, and leave the Makefile on a second image to the proof."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        if item.path.stem == "test_makefile" and "slim" in item.name:
            item.add_marker("long")
    if ours and not engine_answers():
        for item in ours:
            item.add_marker(pytest.mark.skip("no Docker engine answers (see `docker info`)"))


BASE_IMAGES = [
    pytest.param(name, marks=[pytest.mark.docker, pytest.mark.xdist_group(f"docker-{name}")]) for name in OWNERS
]


@pytest.fixture(scope="session", params=BASE_IMAGES)
def base_image(request: pytest.FixtureRequest) -> str:
    """The answer to the question of that name."""
    return request.param


@pytest.fixture(scope="session")
def folder(base_image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, in a folder whose path has a space."""
    folder = bake(
        tmp_path_factory.mktemp("docker") / "a project",
        project_name="Awesome Project",
        base_image=base_image,
        log_in_with=LOGINS[base_image],
    )
    if os.geteuid() == 0:
        give(folder, OWNERS[base_image])
    return folder


@pytest.fixture(scope="session")
def superuser(base_image: str) -> str:
    """What the superuser of ``make first-run`` logs in with."""
    return {"username": "a", "email": "a@example.com"}[LOGINS[base_image]]


def give(folder: Path, uid: int) -> None:
    """Give a folder and all that is in it to another user."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, uid, follow_symlinks=False)


def copy(folder: Path, to: Path) -> Path:
    """Copy a project with its owner."""
    shutil.copytree(folder, to, symlinks=True)
    give(to, folder.stat().st_uid)
    return to


@pytest.fixture(scope="session")
def built(folder: Path) -> Iterator[Project]:
    """The project with its image built."""
    project = Project(folder)
    try:
        project.make("build", timeout=900)
        yield project
    finally:
        project.clean_up()


@pytest.fixture(scope="session")
def project(built: Project) -> Project:
    """The project, running and ready to work with."""
    built.make("rund")
    built.make("first-run", YES="1")
    return built


@pytest.fixture
def another(folder: Path, built: Project, tmp_path: Path) -> Iterator[Project]:
    """A second copy of the project that a test may stop and remove; nothing of it exists yet but the image."""
    project = Project(copy(folder, tmp_path / "another one" / PACKAGE))
    subprocess.run(["docker", "tag", f"{built.name}-django", f"{project.name}-django"], check=True)
    try:
        yield project
    finally:
        project.clean_up()
