"""The copy of the deploy tool that each project carries."""

import shutil
import subprocess

import pytest
from cookiecutter.exceptions import FailedHookException

from ddpt.extension import DEPLOY_TOOL, check_link
from support.projects import DEFAULTS, TEMPLATE, TOOLS

SOURCE = TEMPLATE / "src/ddpt_deploy"


def contents(folder):
    """Return all files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_a_project_carries_a_plain_copy(baked):
    """A wrong pattern in _copy_without_render makes an empty folder, without a word."""
    copy = baked(DEFAULTS) / "deployment/vendor/ddpt_deploy"
    assert not copy.is_symlink()
    assert contents(copy) == contents(SOURCE)
    assert len(contents(copy)) > 30


def test_a_template_without_the_link_says_why(tmp_path):
    check_link(DEPLOY_TOOL)
    # as Git writes it on Windows, and as a .zip file is unpacked
    link = tmp_path / "ddpt_deploy"
    link.write_text("../../../src/ddpt_deploy")
    with pytest.raises(FailedHookException, match="symbolic link"):
        check_link(link)


@pytest.fixture
def repository(tmp_path):
    """A Git repository of the template, as it is in the working copy."""
    folder = tmp_path / "template"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__")
    shutil.copytree(TEMPLATE, folder, symlinks=True, ignore=ignored)
    commit(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def commit(folder, *first):
    """Commit all files of a folder."""
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    for words in (first, ("add", "--all"), ("commit", "--quiet", "--message", "x")):
        if words:
            subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_a_change_of_the_tool_reaches_a_project(repository, tmp_path):
    """By cruft, which clones the template by its URL as cookiecutter does, and later merges what changed."""
    config = tmp_path / "config.yaml"
    config.write_text(f"cookiecutters_dir: {tmp_path / 'cookiecutters'}\nreplay_dir: {tmp_path / 'replay'}\n")
    create = ["create", f"file://{repository}", "--no-input", "--config-file", config, "--output-dir", tmp_path]
    cruft = [TOOLS / "cruft"]
    subprocess.run([*cruft, *create], check=True, capture_output=True)
    project = tmp_path / "project_name"
    copy = project / "deployment/vendor/ddpt_deploy"
    assert contents(copy) == contents(SOURCE)
    commit(project, "init", "--quiet")
    (repository / "src/ddpt_deploy/VERSION").write_text("9.9.9\n")
    (repository / "src/ddpt_deploy/release/more.py").write_text('"""More."""\n')
    commit(repository)
    subprocess.run([*cruft, "update", "--skip-apply-ask"], cwd=project, check=True, capture_output=True)
    assert (copy / "VERSION").read_text() == "9.9.9\n"
    assert contents(copy) == contents(repository / "src/ddpt_deploy")
