"""Projects on a Docker engine; all tests of this folder are skipped, with one line, where none answers.

For each base image, the tests of the one project that keeps running are a group, which one worker runs, and those of
projects that they start and stop themselves are another.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.compose import LOGINS, OWNERS, PACKAGE, Project, copy, give
from support.engine import missing_engine
from support.projects import bake

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder where there is no engine, and leave the second base image to the proof."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    reason = missing_engine() if ours else ""
    for item in ours:
        image = item.callspec.params["base_image"]
        item.add_marker(pytest.mark.xdist_group(f"{image}-{'running' if 'project' in item.fixturenames else 'others'}"))
        if image == "slim":
            item.add_marker("long")
        if reason:
            item.add_marker(pytest.mark.skip(reason))


@pytest.fixture(scope="session", params=OWNERS)
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


@pytest.fixture
def git_config(tmp_path: Path) -> dict[str, str]:
    """The variable of a configuration that lets git commit in a project that belongs to another user."""
    file = tmp_path / "gitconfig"
    file.write_text("[safe]\n\tdirectory = *\n[user]\n\tname = Ada\n\temail = ada@example.com\n")
    return {"GIT_CONFIG_GLOBAL": str(file)}
