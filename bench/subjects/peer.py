"""cookiecutter-django's project, with the answers that come closest to the defaults of this template."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from bench.settings import BenchError
from bench.subjects.environment import empty, install, run, variables
from bench.subjects.static_file import NAME, content, hashed_path
from bench.subjects.subject import Subject
from support.projects import TOOLS

REPOSITORY = "https://github.com/cookiecutter/cookiecutter-django"
TAG = "2026.8.18"
# No Celery, Sentry or bucket: what cannot be reached here would only be slower.
ANSWERS = {"project_name": "Peer", "cloud_provider": "None", "mail_service": "Other SMTP", "use_whitenoise": "y"}
# Its hook has uv lock the packages, which needs the network and Python 3.14, and then removes their list. This one keeps
# the list instead, so the time of locking is in no figure.
UV = '#!/bin/sh\ncp -R requirements "$BENCH_REQUIREMENTS"\n'


class NoPeerError(Exception):
    """The peer cannot be had; the message says why, in one line."""


def checkout(folder: Path) -> Path:
    """Return a checkout of the peer: that of the variable PEER, or a clone of its release.

    Raises:
        NoPeerError: there is neither.
    """
    if named := os.environ.get("PEER"):
        if not (Path(named) / "cookiecutter.json").exists():
            raise BenchError(f"PEER={named} is no checkout → git clone {REPOSITORY} {named}")
        return Path(named).resolve()
    clone = folder / "clone"
    if not (clone / "cookiecutter.json").exists():
        shutil.rmtree(clone, ignore_errors=True)
        command = ["git", "clone", "--quiet", "--depth", "1", "--branch", TAG, REPOSITORY, str(clone)]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"GIT_TERMINAL_PROMPT": "0"})
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["git failed"])[-1]
            raise NoPeerError(f"{REPOSITORY} cannot be cloned ({reason}) → PEER=path/to/a/checkout")
    return clone


def version(clone: Path) -> str:
    """Return the release of a checkout, or what git calls it."""
    command = ["git", "-C", str(clone), "describe", "--tags", "--always"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "unknown"


def command(clone: Path, folder: Path) -> tuple[list[str | Path], dict[str, str]]:
    """Return the command that generates the project in an empty folder, and its environment."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "uv").write_text(UV)
    (tools / "uv").chmod(0o755)
    generate: list[str | Path] = [TOOLS / "cookiecutter", clone, "--no-input", "--default-config"]
    generate += ["--output-dir", folder / "generated", *(f"{name}={answer}" for name, answer in ANSWERS.items())]
    environment = os.environ | {"BENCH_REQUIREMENTS": str(folder / "requirements")}
    return generate, environment | {"PATH": f"{tools}:{os.environ['PATH']}"}


def generate(clone: Path, folder: Path) -> Path:
    """Generate the project in ``folder`` and return where it is; its lists of packages are in ``requirements``."""
    empty(folder / "generated")
    shutil.rmtree(folder / "requirements", ignore_errors=True)
    generate, environment = command(clone, folder)
    run(generate, folder, environment)
    return folder / "generated/peer"


def wheels(requirements: Path) -> Path:
    """Take psycopg's wheel, as in ours, and not its source, for which a compiler and headers would be needed."""
    for file in requirements.glob("*.txt"):
        file.write_text(file.read_text().replace("psycopg[c]", "psycopg[binary]"))
    return requirements


def peer(folder: Path, clone: Path, services: dict[str, str], workers: int) -> Subject:
    """Generate the project, install its packages for production, collect static files and migrate.

    Args:
        folder: where; what was installed there before is used again.
        clone: a checkout of the peer.
        services: the variables of PostgreSQL and Redis, with passwords in the URLs.
        workers: processes of the server.
    """
    folder.mkdir(parents=True, exist_ok=True)
    project = generate(clone, folder)
    (project / "peer/static" / NAME).write_bytes(content())
    requirements = wheels(folder / "requirements")
    venv = install(
        folder / "venv", "--requirement", requirements / "base.txt", "--requirement", requirements / "production.txt"
    )
    environment = variables(
        venv,
        DJANGO_SETTINGS_MODULE="config.settings.production",
        DJANGO_SECRET_KEY=secrets.token_urlsafe(50),
        DJANGO_ADMIN_URL="admin/",
        DJANGO_ALLOWED_HOSTS="localhost",
        WEB_CONCURRENCY=str(workers),
        **services,
    )
    run(["python", "manage.py", "collectstatic", "--no-input", "--verbosity", "0"], project, environment)
    run(["python", "manage.py", "migrate", "--verbosity", "0"], project, environment)
    return Subject(
        name="peer",
        title="cookiecutter-django",
        folder=project,
        venv=venv,
        environment=environment,
        # As its compose/production/django/start
        server=("gunicorn", "config.wsgi", "--bind", "127.0.0.1:{port}"),
        wsgi="config.wsgi",
        paths={
            "home": "/",
            "login": "/accounts/login/",
            "static": hashed_path(project / "staticfiles", NAME),
        },
        shows={"home": "Peer", "login": 'name="login"'},
    )
