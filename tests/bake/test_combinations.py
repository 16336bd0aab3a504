"""Every combination of yes/no answers gives files that look as if written by hand, and hold nothing that was not chosen."""

import ast
import io
import itertools
import json
import os
import re
import subprocess
import tokenize
import tomllib
from functools import cache

import black
import pytest
import yaml

from ddpt.names import MAX_LENGTH
from support.projects import (
    EMAIL,
    EVERYTHING,
    NGINX,
    NOTHING,
    OPTIONS,
    SOURCE,
    TOOLS,
    bake,
    every,
    files,
    is_text,
    pairwise,
)

every_combination = pytest.mark.parametrize("combination", every())

# How the files of a project that did not choose an option may not speak.
WORDS = {
    "use_admin_theme": r"unfold|theme",
    "use_mailgun": r"mailgun|anymail",
    "use_mailhog": r"mailhog|mailpit|\b8025\b|\binbox\b",
    # backups may be in a bucket, whatever was chosen for uploads
    "use_s3": r"\bs3_|integrations\.s3|boto|botocore|django-storages",
    "use_sentry_for_error_reporting": r"sentry",
    EMAIL: r"log in with their email",
    NGINX: r"nginx|certbot",
}
# How those may not speak that chose one of two, in whose place.
INSTEAD = {NGINX: r"caddy"}

JINJA = re.compile(r"{%|%}|{#|#}|cookiecutter\s*[.|]|(?<!\$){{(?!\s*\.)")


def text_of(project):
    """Return the text of each file, with its path, by its path."""
    return {
        path.relative_to(project): f"{path.relative_to(project)}\n{path.read_text()}"
        for path in files(project)
        if is_text(path)
    }


def holes(text: str, suffix: str) -> list[str]:
    """Return where white space tells that a template wrote the file."""
    found = {
        "starts with an empty line": text.startswith("\n"),
        "does not end with one newline": bool(text) and not re.search(r"[^\n]\n\Z", text),
        "white space at the end of a line": re.search(r"[ \t]\n", text),
        "two empty lines": suffix not in {".py", ".py-tpl", ""} and "\n\n\n" in text,
        "three empty lines": "\n\n\n\n" in text,
        "an empty line after a bracket": re.search(r"[\[{(]\n\n", text),
        "an empty line before a bracket": re.search(r"\n\n[ \t]*[\])}]", text),
        "an empty line after a YAML key": suffix in {".yml", ".yaml"} and re.search(r":\n\n +", text),
        "an empty line inside a TOML value": suffix == ".toml" and re.search(r"\n[ \t]+\S.*\n\n[ \t]+\S", text),
        "an empty line inside a table": suffix == ".md" and re.search(r"^\|.*\n\n\|(?!.*\n\|-)", text, re.MULTILINE),
        "an empty line inside a YAML list": suffix in {".yml", ".yaml"} and re.search(r"\n( +- ).*\n\n\1", text),
        "an empty line inside Python's brackets": suffix == ".py" and empty_lines_in_brackets(text),
        "a tab in the middle of a line": suffix not in {".svg"} and re.search(r"[^\t\n]\t", text),
    }
    return [what for what, match in found.items() if match]


def empty_lines_in_brackets(code: str) -> int:
    """Return how many lines of a Python expression are empty; Black leaves them."""
    depth = found = 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        found += depth > 0 and token.type == tokenize.NL and not token.line.strip()
    return found


@cache
def black_clean(code: str) -> bool:
    """Tell whether Black would leave some code as it is."""
    try:
        black.format_file_contents(code, fast=True, mode=black.Mode({black.TargetVersion.PY312}, line_length=120))
    except black.NothingChanged:
        return True
    return not code


@every_combination
def test_no_jinja_is_left(combination, baked):
    project = baked(combination)
    for path, text in text_of(project).items():
        # The templates of Django, Ansible, Prometheus and Docker have braces of their own
        in_templates = path.suffix in {".html", ".txt"} and "templates" in path.parts
        others = {"provisioning", "monitoring", "build-elsewhere"}
        if path.suffix == ".py-tpl" or in_templates or others & {*path.parts}:
            assert "cookiecutter" not in text, path
        else:
            assert not JINJA.search(text), path
    assert not [path for path in files(project) if re.search(r"[{}%]", str(path.relative_to(project)))]


@every_combination
def test_no_holes(combination, baked):
    project = baked(combination)
    found = {
        str(path.relative_to(project)): holes(path.read_text(), path.suffix) for path in files(project) if is_text(path)
    }
    assert {path: what for path, what in found.items() if what} == {}


@every_combination
def test_files_are_valid(combination, baked):
    project = baked(combination)
    for path in files(project):
        match path.suffix:
            case ".py":
                ast.parse(path.read_text(), path)
            case ".toml":
                tomllib.loads(path.read_text())
            case ".yml" | ".yaml":
                list(yaml.safe_load_all(path.read_text()))
            case ".json":
                json.loads(path.read_text())
        if path.read_bytes().startswith(b"#!"):
            assert os.access(path, os.X_OK), path
    shells = [path for path in files(project) if path.read_bytes().startswith(b"#!/bin/sh")]
    for shell in shells:
        subprocess.run(["sh", "-n", shell], check=True)


@every_combination
def test_black_and_ruff_are_content(combination, baked):
    project = baked(combination)
    config = tomllib.loads((project / "pyproject.toml").read_text())
    assert config["tool"]["black"]["line-length"] == 120
    assert [path for path in project.rglob("*.py") if not black_clean(path.read_text())] == []
    ruff = subprocess.run([TOOLS / "ruff", "check", "--no-cache", "."], cwd=project, capture_output=True, text=True)
    assert ruff.returncode == 0, ruff.stdout + ruff.stderr


@every_combination
def test_nothing_of_what_was_not_chosen(combination, baked):
    project = baked(combination)
    for option, words in WORDS.items():
        found = {
            str(path): match[0]
            for path, text in text_of(project).items()
            if (match := re.search(words, text, re.IGNORECASE))
        }
        if option in combination:
            assert found, option
        else:
            assert not found, option
    for option in INSTEAD.keys() & combination:
        words = INSTEAD[option]
        assert [path for path, text in text_of(project).items() if re.search(words, text, re.IGNORECASE)] == []


def test_every_pair_of_answers_is_in_a_combination_that_runs():
    for one, other in itertools.combinations([*OPTIONS, EMAIL, NGINX], 2):
        found = {(one in combination, other in combination) for combination in pairwise()}
        assert found == set(itertools.product((True, False), repeat=2))


def test_every_option_has_words():
    assert set(WORDS) == EVERYTHING | {NGINX}


def test_a_hole_is_found():
    assert holes("a = [\n\n]\n", ".toml") == ["an empty line after a bracket", "an empty line before a bracket"]
    assert holes('a = [\n    "b",\n\n    "c",\n]\n', ".toml") == ["an empty line inside a TOML value"]
    assert holes("a = [\n    1,\n\n    2,\n]\n\nb = 1\n", ".py") == ["an empty line inside Python's brackets"]
    assert holes("| a |\n\n| b |\n", ".md") == ["an empty line inside a table"]
    assert holes("\na\n\n\nb \n\n", ".md") == [
        "starts with an empty line",
        "does not end with one newline",
        "white space at the end of a line",
        "two empty lines",
    ]


def test_base_image_changes_the_image_alone(tmp_path, baked):
    alpine, slim = baked(EVERYTHING), bake(tmp_path, EVERYTHING, base_image="slim")
    assert [path.relative_to(slim) for path in files(slim)] == [path.relative_to(alpine) for path in files(alpine)]
    different = [
        str(path.relative_to(slim))
        for path in files(slim)
        if path.read_bytes() != (alpine / path.relative_to(slim)).read_bytes()
    ]
    assert different == ["Dockerfile"]


def test_little_jinja():
    """Conditions are for whole files where they can be: few lines carry one."""
    lines = [line for path in files(SOURCE) if is_text(path) for line in path.read_text().splitlines()]
    assert len([line for line in lines if "{%" in line and "cookiecutter" in line]) / len(lines) < 0.05


def test_long_names_change_no_format(tmp_path):
    """Black wraps a line or not by its length, so the name of the project must not be in one that it might wrap."""
    for name in ("a", "a" * MAX_LENGTH):
        project = bake(tmp_path / name, EVERYTHING, django_project_name=name)
        assert [path for path in project.rglob("*.py") if not black_clean(path.read_text())] == []
        subprocess.run([TOOLS / "ruff", "check", "--no-cache", "."], cwd=project, check=True)


def test_baking_asks_the_network_nothing(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("baking talks to the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    bake(tmp_path, NOTHING)


def test_baked_files_are_the_same_each_time(tmp_path, baked):
    again = bake(tmp_path, EVERYTHING)
    for path in files(again):
        assert path.read_bytes() == (baked(EVERYTHING) / path.relative_to(again)).read_bytes()
