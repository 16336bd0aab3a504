"""The checks and tests of a generated project pass."""

import os
import re
import subprocess

import pytest

from support.projects import EVERYTHING, covering, extremes, grouped

of_pairs = pytest.mark.parametrize("combination", covering())
both = pytest.mark.parametrize("combination", extremes())
everything = pytest.mark.parametrize("combination", grouped([EVERYTHING]))


@of_pairs
def test_make_check(combination, installed):
    done = installed(combination).run("make", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("All checks passed.\n")


@pytest.mark.long
@of_pairs
def test_make_coverage(combination, installed):
    """The tests pass in random order and reach the required branch coverage."""
    done = installed(combination).run("make", "coverage")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Required test coverage" in done.stdout
    assert "Using --randomly-seed=" in done.stdout


@pytest.mark.long
@both
def test_make_test_on_postgresql(combination, installed, postgres):
    """On SQLite, what only PostgreSQL can do is skipped; here nothing is."""
    done = installed(combination).run("make", "test", **postgres.database())
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"= \d+ passed in", done.stdout), done.stdout


@everything
def test_make_check_finds_faults(combination, installed):
    """Each tool runs."""
    project = installed(combination)
    code = project.path / project.name / "core/views.py"
    template = project.path / project.name / "core/templates/400.html"
    model = project.path / project.name / "users/models.py"
    before = {path: path.read_text() for path in (code, template, model)}
    try:
        code.write_text(before[code] + 'import os\ny = { }\ndef number() -> int: return "a"\n')
        template.write_text(before[template].replace("{% load ", "{%load "))
        model.write_text(before[model].rstrip() + '\n    nickname = models.CharField("nickname", max_length=9)\n')
        done = project.run("make", "check")
        assert done.returncode != 0
        for title in ("Format (make format)", "Lint", "Types", "Templates (make format)", "Settings and migrations"):
            assert f"Failed: {title}\n" in done.stderr, done.stdout + done.stderr
        # What each tool says is there too.
        for fault in ("views.py", "400.html", "nickname", "→ make makemigrations"):
            assert fault in done.stderr, done.stdout + done.stderr
    finally:
        for path, text in before.items():
            path.write_text(text)


@everything
def test_warning_of_django_fails_the_check(combination, installed):
    project = installed(combination)
    urls = project.path / project.name / "config/urls.py"
    before = urls.read_text()
    try:
        # Longer than before: Python may go on with what it compiled of a file of the same length and second.
        urls.write_text(before.replace('path("accounts/"', 'path("//accounts"'))
        done = project.run("bin/run", "python", "manage.py", "check_project")
        assert done.returncode != 0
        assert "(urls.W002)" in done.stderr
    finally:
        urls.write_text(before)


@pytest.mark.long
@everything
def test_pre_commit_runs_the_same_tools_and_fetches_nothing(combination, installed, tmp_path):
    project = installed(combination)
    environment = project.environment(
        project.path / ".venv",
        PRE_COMMIT_HOME=str(tmp_path),
        HTTPS_PROXY="http://127.0.0.1:9",
        HTTP_PROXY="http://127.0.0.1:9",
        GIT_CONFIG_GLOBAL=os.devnull,
    )

    def run(*command):
        return subprocess.run(command, cwd=project.path, env=environment, capture_output=True, text=True)

    assert run("git", "init", "--quiet").returncode == 0
    assert run("git", "add", ".").returncode == 0
    done = run("pre-commit", "run", "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == done.stdout.count("\n") >= 5
    assert not run("git", "status", "--porcelain", "--untracked-files=all").stdout.replace("A  ", "").count("??")

    code = project.path / project.name / "urls_of_nothing.py"
    code.write_text("import os\n")
    assert run("git", "add", ".").returncode == 0
    assert run("pre-commit", "run", "ruff").returncode != 0
    code.unlink()


@everything
def test_make_format_fixes_what_make_check_finds(combination, installed):
    """One run fixes both templates and code."""
    project = installed(combination)
    code = project.path / project.name / "core/views.py"
    template = project.path / project.name / "core/templates/400.html"
    before = {path: path.read_text() for path in (code, template)}
    try:
        code.write_text("import os\n" + before[code].replace('"', "'"))
        template.write_text(before[template].replace("{% load ", "{%load "))
        done = project.run("make", "format")
        assert done.returncode == 0, done.stdout + done.stderr
        assert {path: path.read_text() for path in before} == before
    finally:
        for path, text in before.items():
            path.write_text(text)


@everything
def test_make_lock_passes_options_on(combination, installed):
    done = installed(combination).run("make", "lock", "ARGS=--upgrade --no-such-option")
    assert done.returncode != 0
    assert "'--no-such-option'" in done.stderr


@everything
def test_uv_trusts_the_certificates_that_the_system_trusts(combination, installed):
    """Behind an organization's own certificate authority, uv works as pip does."""
    command = ("bin/run", "uv", "pip", "install", "--dry-run", "--no-cache", "--no-deps", "--reinstall", "asgiref")
    done = installed(combination).run("env", "-u", "SSL_CERT_FILE", "-u", "SSL_CERT_DIR", *command)
    assert done.returncode == 0, done.stderr
