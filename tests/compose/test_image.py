"""The image: who it runs as, what is in it, what is not, and what a change builds anew."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from support.compose import PACKAGE, Project, copy
from support.engine import docker
from support.processes import until
from support.projects import TOOLS

CANARY = "canary-5f1c2d"  # a text in files that must not reach the image


def inside(image: str, script: str, *options: str) -> str:
    """Run a shell script in a new container of an image, and return what it prints."""
    return docker("run", "--rm", *options, image, "sh", "-c", script, errors=True)


def build(folder: Path, tag: str, *arguments: str) -> str:
    """Build the project's image and return the log."""
    return docker("build", "--progress", "plain", "--tag", tag, *arguments, str(folder), errors=True)


@pytest.fixture(scope="module")
def source(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with translations, and with files that are nobody's business."""
    source = copy(folder, tmp_path_factory.mktemp("image") / PACKAGE)
    catalogue = source / "locale/de/LC_MESSAGES/django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Log in"\nmsgstr "Anmelden"\n'
    )
    for path in (
        ".git/config",
        ".env",
        "db.sqlite3",
        ".venv/x.py",
        "media/x",
        "deployment/secrets/x",
        f"{PACKAGE}/.env",
    ):
        file = source / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(CANARY)
    return source


@pytest.fixture(scope="module")
def production(source: Path, built: Project) -> Iterator[str]:
    """The image for servers."""
    tag = f"{built.name}-production"
    about = ("VERSION=1.2.3", "RELEASE=0123abc", "SOURCE=https://git.example.com/a")
    build(source, tag, *(f"--build-arg={argument}" for argument in about))
    yield tag
    docker("image", "rm", "--force", tag)


def test_production_is_the_default_and_runs_as_django(production):
    assert inside(production, "id -un; id -u").split() == ["django", "1000"]
    assert inside(production, "touch /app/x 2>&1 || echo denied").endswith("denied\n")


def test_labels_and_release(production):
    config = json.loads(docker("inspect", production))[0]["Config"]
    assert config["Labels"] == {
        "org.opencontainers.image.title": "awesome-project",
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.revision": "0123abc",
        "org.opencontainers.image.source": "https://git.example.com/a",
    }
    assert "RELEASE=0123abc" in config["Env"]


def test_production_holds_the_locked_packages_and_no_others(production, source):
    found = inside(production, "ls -d /opt/venv/lib/python*/site-packages/*.dist-info").split()
    found = {Path(folder).name.split("-")[0].lower().replace("_", "-") for folder in found}
    locked = re.findall(r"^([a-z0-9-]+)==", (source / "requirements/base.txt").read_text(), re.MULTILINE)
    assert {"django", "gunicorn", "psycopg"} <= found <= set(locked)


def test_production_holds_no_tool_test_or_secret(production):
    assert "No module named 'pip'" in inside(production, "python -c 'import pip' 2>&1 || true")
    inside(production, "for tool in uv gcc cc make git msgfmt pytest black; do ! command -v $tool || exit 1; done")
    files = inside(production, "find /app").split()
    assert "/app/manage.py" in files
    unwanted = (
        r"/tests|conftest|/\.|local\.py|config/test|getting_started|/development|requirements|deployment|db\.sqlite3"
    )
    assert not [file for file in files if re.search(unwanted, file)]
    inside(production, f"! grep -rl {CANARY} /app /opt/venv /srv /home /root /tmp", "--user", "root")
    assert "SECRET_KEY" not in docker("history", "--no-trunc", production)
    assert "SECRET_KEY" not in docker("inspect", production)


def test_static_files_are_collected_and_compressed_and_messages_compiled(production):
    files = inside(production, "find /app").split()
    assert any(re.search(r"/staticfiles/core/style\.[0-9a-f]{12}\.css\.br$", file) for file in files)
    assert any(re.search(r"/staticfiles/core/style\.[0-9a-f]{12}\.css\.gz$", file) for file in files)
    assert "/app/locale/de/LC_MESSAGES/django.mo" in files


def test_production_serves_without_writing_anything(production):
    variables = {
        "SECRET_KEY": "only-for-tests-" * 5,
        "DOMAIN_NAME": "www.example.com",
        "DATABASE_URL": "postgres://u:p@nowhere/d",
        "REDIS_URL": "redis://nowhere",
        "EMAIL_HOST": "off",
    }
    container = docker(
        "run", "--detach", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",
        *(part for name, value in variables.items() for part in ("--env", f"{name}={value}")), production,
    ).strip()  # fmt: skip
    try:
        until(lambda: docker("inspect", "--format", "{{.State.Health.Status}}", container) == "healthy\n")
        request = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/livez').read())"
        assert docker("exec", container, "python", "-c", request) == "b'ok'\n"
    finally:
        docker("rm", "--force", container)


@pytest.mark.long
def test_a_change_of_the_code_installs_nothing(production, source):
    # a change that no build before has seen
    with Project(source).changed(f"{PACKAGE}/core/views.py", lambda code: f"{code}\n# {uuid4()}\n"):
        log = build(source, f"{production}-changed")
    docker("image", "rm", f"{production}-changed")
    steps = dict(re.findall(r"^#(\d+) \[.*\] (RUN .*)", log, re.MULTILINE))
    (command,) = [command for number, command in steps.items() if f"#{number} CACHED" not in log]
    assert "collectstatic" in command


def test_pip_has_nothing_to_warn_of(source, production):
    log = build(source, f"{production}-uv", "--target", "uv", "--no-cache-filter", "uv")
    docker("image", "rm", f"{production}-uv")
    assert "Successfully installed uv" in log
    assert not re.search(r"^#\d+ [\d.]+ .*(WARNING|notice)", log, re.MULTILINE)


def test_the_uid_of_the_user_may_be_any_but_roots(source, built):
    for uid in ("1", "65534", "1234567890"):
        tag = f"{built.name}-{uid}"
        build(source, tag, "--target", "base", "--build-arg", f"DJANGO_USER_UID={uid}")
        who = inside(tag, "id -u; id -un; touch ~/x && echo home", "--user", "django")
        docker("image", "rm", tag)
        assert who.split() == [uid, "django", "home"]
    with pytest.raises(AssertionError, match="DJANGO_USER_UID must not be 0"):
        build(source, built.name, "--target", "base", "--build-arg", "DJANGO_USER_UID=0")


def test_hadolint_and_the_file_names_no_frontend(source):
    subprocess.run([TOOLS / "hadolint", source / "Dockerfile"], check=True)
    assert "syntax=" not in (source / "Dockerfile").read_text()
