"""Measures the production image beside that of cookiecutter-django, on the same base, and prints a table.

    PYTHONPATH=tests python -m support.measure_images CLONE

CLONE is a clone of https://github.com/cookiecutter/cookiecutter-django. Both images are built in turns, without cached
layers where it says so, and with the packages that were downloaded before. Not a test: the times depend on the machine.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cookiecutter.main import cookiecutter

from support.projects import TOOLS, bake

BASE = "python:3.14-slim"
INSTALL = "apt-get update && apt-get install --yes --no-install-recommends {} && rm -rf /var/lib/apt/lists/*"
# What its Dockerfile builds on, made from the same base. That may be a stand-in which lacks `adduser` and Python's headers.
PEER_BASE = "python:3.14-slim-bookworm"
PEER_BASES = {
    PEER_BASE: f"FROM {BASE}\nRUN command -v adduser || ({INSTALL.format('adduser')})",
    "ghcr.io/astral-sh/uv:python3.14-bookworm-slim": f"""\
FROM {BASE}
RUN python3 -c "import sysconfig as s, pathlib as p; p.Path(s.get_path('include'), 'Python.h').open()" \
    || ({INSTALL.format("python3.14-dev")})
COPY --from=ghcr.io/astral-sh/uv /uv /usr/local/bin/uv
""",
}
# The choices that come closest to the defaults of this template.
PEER_ANSWERS = {
    "project_name": "Peer",
    "use_docker": "y",
    "cloud_provider": "None",
    "mail_service": "Other SMTP",
    "mail_catcher": "Mailpit",
    "use_whitenoise": "y",
}
DEPENDENCY = ("sqlparse", "0.5.4")  # a package of both, and an older release of it


@dataclass
class Subject:
    """A project whose image is measured."""

    name: str
    base: str
    folder: Path
    dockerfile: str
    code: str
    use_older_dependency: Callable[[], None]

    def build(self, *arguments: str) -> float:
        """Build the image, and return how many seconds it took."""
        start = time.monotonic()
        docker(
            "build",
            "--tag",
            f"measure-{self.name}",
            "--file",
            str(self.folder / self.dockerfile),
            *arguments,
            str(self.folder),
        )
        return time.monotonic() - start

    def added(self) -> float:
        """Return how many megabytes the image adds to its base."""
        return (size(f"measure-{self.name}") - size(self.base)) / 1e6

    def change_code(self) -> None:
        """Change a file of the code."""
        with (self.folder / self.code).open("a") as file:
            file.write(f"\n# changed at {time.time()}\n")


def docker(*arguments: str) -> str:
    """Run a command of Docker and return its output."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def size(image: str) -> int:
    """Return the size of an image in bytes."""
    return json.loads(docker("inspect", image))[0]["Size"]


def ours(folder: Path) -> Subject:
    """Bake this template."""
    project = bake(folder / "ours", base_image="slim")
    older = f"{DEPENDENCY[0]}<={DEPENDENCY[1]}"
    environment = os.environ | {"PATH": f"{TOOLS}:{os.environ['PATH']}"}
    return Subject(
        "ours",
        BASE,
        project,
        "Dockerfile",
        f"{project.name}/core/views.py",
        lambda: subprocess.run([project / "bin/lock", "--upgrade-package", older], env=environment, check=True),
    )


def peer(clone: str, folder: Path) -> Subject:
    """Bake cookiecutter-django."""
    for image, dockerfile in PEER_BASES.items():
        subprocess.run(["docker", "build", "--quiet", "--tag", image, "-"], input=dockerfile, text=True, check=True)
    project = Path(
        cookiecutter(
            clone, no_input=True, extra_context=PEER_ANSWERS, output_dir=str(folder / "peer"), default_config=True
        )
    )
    uv = [
        "docker",
        "run",
        "--rm",
        "--volume",
        f"{project}:/app",
        "--workdir",
        "/app",
        "ghcr.io/astral-sh/uv:python3.14-bookworm-slim",
        "uv",
    ]
    return Subject(
        "peer",
        PEER_BASE,
        project,
        "compose/production/django/Dockerfile",
        f"{project.name}/users/views.py",
        lambda: subprocess.run([*uv, "lock", "--quiet", "--upgrade-package", "==".join(DEPENDENCY)], check=True),
    )


def main(clone: str) -> None:
    """Measure both, and print a table in Markdown."""
    with tempfile.TemporaryDirectory() as name:
        subjects = [ours(Path(name)), peer(clone, Path(name))]
        rows = {"seconds to build, nothing cached but downloads": [one.build("--no-cache") for one in subjects]}
        rows["MB added to the base"] = [one.added() for one in subjects]
        for one in subjects:
            one.change_code()
        rows["seconds after a change of the code"] = [one.build() for one in subjects]
        for one in subjects:
            one.use_older_dependency()
        rows["seconds after a change of one dependency"] = [one.build() for one in subjects]
    for title, (mine, theirs) in rows.items():
        print(f"| {title} | {mine:.0f} | {theirs:.0f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
