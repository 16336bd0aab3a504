"""The project of this template with the default answers, as it is on a server."""

import secrets
from pathlib import Path

from bench.subjects.environment import empty, install, run, variables
from bench.subjects.static_file import NAME, content, hashed_path
from bench.subjects.subject import Subject
from support.projects import bake


def ours(folder: Path, services: dict[str, str], workers: int) -> Subject:
    """Generate the project, install its packages for production, collect static files and migrate.

    Args:
        folder: where; what was installed there before is used again.
        services: the variables of PostgreSQL and Redis.
        workers: processes of the server.
    """
    project = bake(empty(folder / "generated"))
    (project / project.name / "core/static" / NAME).write_bytes(content())
    venv = install(folder / "venv", "--require-hashes", "--requirement", project / "requirements/base.txt")
    environment = variables(
        venv,
        DJANGO_SETTINGS_MODULE=f"{project.name}.config.production",
        SECRET_KEY=secrets.token_urlsafe(50),
        DOMAIN_NAME="localhost",
        EMAIL_HOST="off",
        WEB_CONCURRENCY=str(workers),
        **services,
    )
    run(["python", "manage.py", "collectstatic", "--no-input", "--verbosity", "0"], project, environment)
    run(["python", "manage.py", "migrate", "--verbosity", "0"], project, environment)
    return Subject(
        name="ours",
        title="ours",
        folder=project,
        venv=venv,
        environment=environment,
        server=("gunicorn", "--bind", "127.0.0.1:{port}"),
        wsgi=f"{project.name}.config.wsgi",
        paths={
            "home": "/",
            "login": "/accounts/login/",
            "static": hashed_path(project / "staticfiles", NAME),
        },
        shows={"home": "Project Name", "login": 'name="username"'},
    )
