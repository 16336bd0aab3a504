"""The package as a whole: what it says of itself, its layers, its types."""

import shutil
import subprocess
import sys

import pytest

from support.projects import TEMPLATE, TOOLS

SOURCE = TEMPLATE / "src/ddpt_deploy"


def test_version():
    command = [sys.executable, "-B", "-m", "ddpt_deploy", "--version"]
    done = subprocess.run(command, cwd=SOURCE.parent, check=True, capture_output=True, text=True)
    assert done.stdout == f"ddpt_deploy {(SOURCE / 'VERSION').read_text()}"


@pytest.mark.skipif(not (TOOLS / "lint-imports").exists(), reason="import-linter is not installed")
@pytest.mark.parametrize("line", ["", "from ddpt_deploy.release import removal\n"])
def test_a_layer_imports_only_those_below_it(tmp_path, line):
    shutil.copytree(SOURCE, tmp_path / "src/ddpt_deploy", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TEMPLATE / "pyproject.toml", tmp_path)
    with (tmp_path / "src/ddpt_deploy/site/swarm.py").open("a") as file:
        file.write(line)
    done = subprocess.run(
        [TOOLS / "lint-imports", "--no-cache"], cwd=tmp_path, env={"PYTHONPATH": "src"}, capture_output=True, text=True
    )
    assert (done.returncode == 0) == (line == ""), done.stdout


@pytest.mark.skipif(not (TOOLS / "mypy").exists(), reason="mypy is not installed")
def test_types_are_strict():
    done = subprocess.run([TOOLS / "mypy"], cwd=TEMPLATE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_it_needs_no_package():
    """Nothing but the standard library is imported, and nothing newer than Python 3.11 has."""
    imported = set()
    for path in SOURCE.rglob("*.py"):
        for line in path.read_text().splitlines():
            if line.startswith(("import ", "from ")):
                imported.add(line.split()[1].split(".")[0])
    assert imported - {"ddpt_deploy"} <= sys.stdlib_module_names
