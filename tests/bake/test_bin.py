"""The scripts in bin/ and the Makefile, as far as they need no engine; tests/compose runs the rest."""

import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.projects import DEFAULTS, EVERYTHING, NGINX, NOTHING, TOOLS

SYSTEM = "/usr/bin:/bin"


@pytest.fixture
def project(baked, tmp_path):
    """A project in a folder with a space, which a test may change."""
    return Path(shutil.copytree(baked(DEFAULTS), tmp_path / "a project"))


def command(folder: Path, name: str, script: str) -> None:
    """Put a command into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def run(*words, cwd: Path, path: str = SYSTEM, stdin=subprocess.DEVNULL, **environment: str):
    """Run a command with little in its environment; return its exit status, output and errors."""
    done = subprocess.run(
        words, cwd=cwd, env={"PATH": path, "HOME": str(cwd), **environment}, stdin=stdin, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def on_a_terminal(*words, cwd: Path, **environment: str) -> str:
    """Run a command with a terminal as its standard output, and return what it prints."""
    ours, theirs = pty.openpty()
    subprocess.run(words, cwd=cwd, env={"PATH": SYSTEM, **environment}, stdout=theirs, check=True)
    os.close(theirs)
    return os.read(ours, 100_000).decode()


@pytest.mark.parametrize("combination", [EVERYTHING, NOTHING | {NGINX}], ids=["everything", "nothing"])
def test_scripts_are_executable_and_pass_shellcheck(baked, combination):
    scripts = sorted(path for path in (baked(combination) / "bin").iterdir() if path.is_file())
    assert all(os.access(script, os.X_OK) for script in scripts)
    shell = [script for script in scripts if script.read_text().startswith("#!/bin/sh\n")]
    assert len(shell) > 8
    deployment = baked(combination) / "deployment"
    others = [deployment / "backups" / name for name in ("backup", "key", "restore", "schedule", "wal")]
    others += [
        deployment / "build-elsewhere",
        *(path for path in deployment.glob("*/*") if path.name in {"configure", "run"}),
    ]
    assert all(os.access(script, os.X_OK) for script in others)
    subprocess.run([TOOLS / "shellcheck", "--external-sources", *shell, *others], check=True)


def test_help_is_the_default_and_lists_every_target(baked):
    project = baked(DEFAULTS)
    targets = re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(), re.MULTILINE)
    _, output, _ = run("make", cwd=project)
    assert run("make", "help", cwd=project)[1] == output
    assert re.findall(r"^  ([a-z-]+) +\S", output, re.MULTILINE) == targets
    assert "\033" not in output


def test_help_is_coloured_on_a_terminal_only_with_danger_in_red(baked):
    project = baked(DEFAULTS)
    assert "\033[31mDANGER\033[0m Apply the migrations" in on_a_terminal("make", cwd=project, TERM="xterm")
    assert "\033" not in on_a_terminal("make", cwd=project, TERM="xterm", NO_COLOR="1")
    assert "\033" not in on_a_terminal("make", cwd=project, TERM="dumb")


def test_the_newest_python_that_runs_is_found(project, tmp_path):
    """A name on PATH may belong to a version manager that has it switched off."""
    tools, home = tmp_path / "tools", tmp_path / "home"
    for name in ("python3", "python3.14"):
        command(tools, name, "echo 'python: command not found' >&2; exit 127")
    command(tools, "python3.13", f"exec {shutil.which('python3', path=TOOLS)} \"$@\"")
    status, output, errors = run("bin/find-python", cwd=project, path=f"{tools}:{SYSTEM}", HOME=str(home))
    assert (status, errors) == (0, "")
    version = subprocess.check_output(
        [output.strip(), "-c", "import sys; print(sys.version_info >= (3, 12))"], text=True
    )
    assert version == "True\n"


def test_no_python_gives_one_line(project, tmp_path):
    for name in ("sh", "sed", "tr", "sort", "head", "cut", "env", "dirname"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        (tmp_path / "tools" / name).symlink_to(shutil.which(name))
    command(tmp_path / "tools", "python3", "exit 1")
    status, output, errors = run("bin/find-python", cwd=project, path=str(tmp_path / "tools"))
    assert (status, output) == (1, "")
    assert errors.startswith("No Python 3.12 or later was found: install one")
    assert errors.count("\n") == 1


def test_a_command_runs_in_the_environment_where_no_container_runs(project):
    command(project / ".venv/bin", "python", "echo python of .venv")
    assert run("bin/run", "python", cwd=project) == (0, "python of .venv\n", "")


def test_a_command_runs_in_the_container_where_that_runs(project, tmp_path):
    command(project / ".venv/bin", "python", "echo python of .venv")
    command(tmp_path / "tools", "docker", 'case $* in *" ps "*) echo 0123abc ;; *" exec "*) echo "$@" ;; esac')
    path = f"{tmp_path / 'tools'}:{SYSTEM}"
    assert run("bin/run", "python", "a b", cwd=project, path=path)[1] == "compose exec --no-TTY django python a b\n"
    assert run("bin/run", "python", cwd=project, path=path, WHERE="local")[1] == "python of .venv\n"


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (
            "",
            "There is no django container and no .venv: run 'make rund' to work with Docker, or 'make install' to work without.",
        ),
        ("local", "There is no .venv → make install"),
        (
            "docker",
            "Docker Compose is not installed: see https://docs.docker.com/compose/install/, or run 'make start'",
        ),
        ("elsewhere", "WHERE=elsewhere is invalid: use WHERE=docker or WHERE=local."),
    ],
)
def test_nowhere_to_run_gives_one_line(project, tmp_path, where, line):
    command(tmp_path / "tools", "docker", "exit 1")
    status, _, errors = run("bin/run", "python", cwd=project, path=f"{tmp_path / 'tools'}:{SYSTEM}", WHERE=where)
    assert status == 1
    assert errors.startswith(line)
    assert errors.count("\n") == 1


def test_confirm(project):
    command = ("bin/confirm", "This burns.", "echo", "burnt")
    assert run(*command, cwd=project, YES="1") == (0, "This burns.\nburnt\n", "")
    status, output, errors = run(*command, cwd=project)
    assert (status, output) == (1, "This burns.\n")
    assert "add YES=1" in errors


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        ("y", "burnt"),
        ("YES", "burnt"),
        ("", "Nothing was done."),
        ("n", "Nothing was done."),
        ("yesterday", "Nothing was done."),
    ],
)
def test_confirm_on_a_terminal(project, answer, last):
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    status, output, _ = run("bin/confirm", "This burns.", "echo", "burnt", cwd=project, stdin=theirs)
    assert (status, output) == (0, f"This burns.\nContinue? [y/N] {last}\n")


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        # what Docker says to a user who is not in the group of its socket, today and before version 28
        (
            "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
            "sudo usermod -aG docker $USER",
        ),
        (
            "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get ...",
            "sudo usermod -aG docker $USER",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "start it",
        ),
    ],
)
def test_an_engine_that_refuses_is_told_from_one_that_is_not_there(project, tmp_path, problem, line):
    command(tmp_path / "tools", "docker", f'[ "$1" = compose ] || {{ echo "{problem}" >&2; exit 1; }}')
    status, output, errors = run("bin/compose", "ps", cwd=project, path=f"{tmp_path / 'tools'}:{SYSTEM}")
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert line in errors


def test_the_image_gets_the_owner_of_the_folder_and_never_root(project, tmp_path):
    command(tmp_path / "tools", "docker", 'echo "${DJANGO_USER_UID:-none}"')
    path = f"{tmp_path / 'tools'}:{SYSTEM}"
    uid = project.stat().st_uid
    assert run("bin/compose", "build", cwd=project, path=path)[1] == ("none\n" if uid == 0 else f"{uid}\n")
    if uid == 0:
        os.chown(project, 4321, 4321)
        assert run("bin/compose", "build", cwd=project, path=path)[1] == "4321\n"


# Stands in for Docker: a registry has two images, and the engine one of them.
REGISTRY = """
case "$1 $2" in
"pull redis:8-alpine" | "pull python:3.14-alpine") printf 'Digest: sha256:%064d\nStatus: done\n' 2 ;;
"pull "*) echo "no route to $2" >&2; exit 1 ;;
"image inspect") case $3 in *@sha256:*2) printf '[{\n  "Created": "2026-11-20T10:11:12Z"\n}]\n' ;; *) exit 1 ;; esac ;;
esac
"""
OLD, NEW = f"@sha256:{1:064}", f"@sha256:{2:064}"


def test_digests_are_written_and_shown(project, tmp_path):
    """Into files of any style; what no registry has stays as it is, and makes the command fail."""
    command(tmp_path / "tools", "docker", REGISTRY)
    stack, production = project / "deployment/stacks/redis.yml", project / "deployment/production.env"
    stack.write_bytes(
        b"# image of redis:8-alpine\r\nservices: {redis: {'image': \"redis:8-alpine%s\"}}\r\n" % OLD.encode()
    )
    production.write_text(
        production.read_text().replace(
            "POSTGRES_IMAGE=\n", "# or redis:8-alpine\nPOSTGRES_IMAGE=other/redis:8-alpine\n"
        )
    )
    status, output, errors = run("bin/update-images", cwd=project, path=f"{tmp_path / 'tools'}:{SYSTEM}")
    assert f"✓ redis:8-alpine{OLD} → {NEW} (built 2026-11-20)\n" in output
    assert f"✓ python:3.14-alpine without a digest → {NEW} (built 2026-11-20)\n" in output
    assert stack.read_bytes() == (
        b"# image of redis:8-alpine\r\nservices: {redis: {'image': \"redis:8-alpine%s\"}}\r\n" % NEW.encode()
    )
    assert f"FROM python:3.14-alpine{NEW} AS base\n" in (project / "Dockerfile").read_text()
    assert "# or redis:8-alpine\nPOSTGRES_IMAGE=other/redis:8-alpine\n" in production.read_text()
    assert status == 1
    assert "! caddy:2-alpine stays as it is: no route to caddy:2-alpine\n" in errors
    assert "! postgres:18-alpine stays" in errors
    assert "! other/redis:8-alpine stays" in errors
    assert "! restic/restic:0.19.1 stays" in errors
    assert run("bin/update-images", cwd=project, path=f"{tmp_path / 'tools'}:{SYSTEM}")[1].count("is the newest") == 2
