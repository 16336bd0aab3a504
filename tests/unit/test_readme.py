"""The README of the template: its commands are run somewhere, and its table is that of the questions."""

import re

from support.projects import QUESTIONS, TEMPLATE

README = (TEMPLATE / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

# Who runs the commands of each block.
RUN_BY = {
    "make demo": "tests/project/test_demo.py",
    "pip install cookiecutter\ncookiecutter . --output-dir ..": "tests/project/test_demo.py",
    "cd ../project_name\nmake start": "tests/project/test_demo.py",
    "cd ../project_name\nmake build\nmake first-run\nmake run": "tests/compose",
}


def test_every_command_is_run():
    assert {block.strip() for block in BLOCKS} == set(RUN_BY)
    assert all((TEMPLATE / path).exists() for path in RUN_BY.values())


def test_every_question_is_listed():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", README, re.MULTILINE))
    asked = {name: default for name, default in QUESTIONS.items() if not name.startswith("_")}
    assert list(rows) == list(asked)
    assert rows | {"django_project_name": asked["django_project_name"]} == asked
