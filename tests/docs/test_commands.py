"""The commands and settings in the guide exist, with the options that they are given, and tests run them."""

import ast
import re
import tomllib

import pytest

from ddpt import adopt, reference
from support.guide import FOLLOWED, blocks, pages, words
from support.projects import EVERYTHING, NGINX, TEMPLATE

# What make itself, or the shell of a project's Makefile, takes with each command
OF_ALL = {
    "template": {"ARGS", "PROOF_RATE"},
    "project": {"WHERE", "YES", "ARGS"},
    "site": {"ENVIRONMENT", "USER", "YES", "JSON"},
}
# Programs besides make
PROGRAMS = {"cd", "export", "git", "ssh", "ssh-keygen", "cat", "docker", ".venv/bin/cookiecutter", ".venv/bin/python"}


@pytest.fixture(scope="module")
def projects(baked):
    """Projects that have everything, one for each proxy."""
    return [baked(EVERYTHING), baked(EVERYTHING | {NGINX})]


@pytest.fixture(scope="module")
def targets(projects):
    """The commands of all Makefiles, each with its options, by where they are."""
    makefiles = {
        "template": [TEMPLATE / "Makefile"],
        "project": [project / "Makefile" for project in projects],
        "site": [project / "deployment/Makefile" for project in projects],
    }
    found = {
        where: {target.name: set(reference.options(target)) for path in paths for target in reference.targets(path)}
        for where, paths in makefiles.items()
    }
    # it is handed all that was typed
    found["template"]["adopt"] = {"PROJECT", *adopt.FOUND, *adopt.ANSWERS}
    return found


@pytest.fixture(scope="module")
def settings(projects):
    """The names of all lines that production.env may have."""
    files = [project / "deployment/production.env" for project in projects]
    lines = [re.findall(r"^([A-Z_0-9]+)=", file.read_text(), re.MULTILINE) for file in files]
    return {name for names in lines for name in names} | {item.name for item in reference.variables(projects[0])}


@pytest.fixture(scope="module")
def secrets(projects):
    """The names of all secrets."""
    files = [project / "deployment/secrets.toml" for project in projects]
    return {name for file in files for name in tomllib.loads(file.read_text())}


@pytest.fixture(scope="module")
def called():
    """The words that tests hand to functions, the targets of make among them, and those of pages that a test follows."""
    files = [path for path in (TEMPLATE / "tests").rglob("*.py") if "docs" not in path.relative_to(TEMPLATE).parts[1]]
    calls = [node for path in files for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    given = [node for call in calls for argument in call.args for node in ast.walk(argument)]
    followed = {word for page in FOLLOWED for command in commands(page) for word in command}
    return followed | {node.value for node in given if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def commands(page):
    """Return the commands of a page's blocks for the shell."""
    return [words(line) for block in blocks(page) if block.language == "sh" for line in block.lines]


@pytest.mark.parametrize("page", pages())
def test_commands_exist_and_take_their_options(page, targets, settings):
    for command in commands(page):
        variables = [word for word in command if re.match(r"[A-Z_]+=", word)]
        program, *arguments = [word for word in command if word not in variables]
        if program != "make":
            assert program in PROGRAMS, f"{command}: no test knows of {program}"
            continue
        named = {word.partition("=")[0] for word in variables}
        assert arguments, f"{command} names nothing to make"
        for target in arguments:
            where = [one for one, known in targets.items() if target in known]
            assert where, f"there is no make {target}"
            taken = [targets[one][target] | OF_ALL[one] | (settings if one == "site" else set()) for one in where]
            assert any(named <= one for one in taken), f"make {target} does not take {named}"


@pytest.mark.parametrize("page", pages())
def test_settings_and_secrets_exist(page, settings, secrets):
    own = {name for block in blocks(page) if block.language == "toml" for name in tomllib.loads(block.text)}
    for block in blocks(page):
        if block.language == "ini":
            assert block.file == "deployment/production.env"
            assert {line.partition("=")[0] for line in block.lines} <= settings
    for program, *arguments in commands(page):
        if program == "export":
            name = arguments[0].partition("=")[0]
            assert name == "DOCKER_HOST" or name.removeprefix("DDPT_") in settings | secrets, name
        if program == "make" and "rotate-secret" in arguments:
            assert {word.removeprefix("NAME=") for word in arguments[1:]} <= secrets | own


@pytest.mark.parametrize("page", pages())
def test_commands_are_run_by_tests(page, targets, called):
    """Those of sites and of projects; tests run them beside the guide as well, with more than it says."""
    for program, *arguments in commands(page):
        for target in arguments if program == "make" else ():
            if target in targets["site"] or target in targets["project"]:
                assert target in called, f"no test runs make {target}"
