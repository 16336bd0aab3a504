"""Generated projects for the tests: which combinations of answers there are, and how one is generated."""

import itertools
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parents[2]
SOURCE = TEMPLATE / "{{ cookiecutter.django_project_name }}"
TOOLS = Path(sys.executable).parent  # the commands that requirements.txt installs
QUESTIONS = json.loads((TEMPLATE / "cookiecutter.json").read_text())

# The yes/no questions. A combination is the set of those that are answered with yes.
OPTIONS = [name for name, default in QUESTIONS.items() if default in ("y", "n") and not name.startswith("_")]
# Stands in a combination for log_in_with=email; without it, users log in with a username.
EMAIL = "log_in_with_email"
# Stands in a combination for reverse_proxy=nginx; without it, the proxy is Caddy.
NGINX = "reverse_proxy_nginx"
type Combination = frozenset[str]

EVERYTHING = frozenset([*OPTIONS, EMAIL])
NOTHING: Combination = frozenset()
DEFAULTS = frozenset(name for name in OPTIONS if QUESTIONS[name] == "y")


def combinations(options: Iterable[str] = OPTIONS) -> list[Combination]:
    """Return every combination of yes/no answers."""
    options = list(options)
    return [frozenset(chosen) for size in range(len(options) + 1) for chosen in itertools.combinations(options, size)]


def pairwise() -> list[Combination]:
    """Return few combinations in which every pair of answers is found: everything, nothing, the defaults, each choice alone."""
    return [
        EVERYTHING,
        EVERYTHING | {NGINX},
        NOTHING,
        DEFAULTS,
        *(frozenset([name]) for name in [*OPTIONS, EMAIL, NGINX]),
    ]


def label(combination: Combination) -> str:
    """Return a name for a combination in test ids."""
    if combination == EVERYTHING:
        return "everything"
    return "+".join(name.removeprefix("use_") for name in [*OPTIONS, EMAIL, NGINX] if name in combination) or "nothing"


def bake(folder: Path, combination: Combination | None = None, **answers: str) -> Path:
    """Bake a project into ``folder`` and return where it is.

    Args:
        combination: which yes/no questions are answered with yes, all others with no, what users log in with, and the
            proxy; None for the defaults.
        answers: to other questions.
    """
    if combination is not None:
        answers |= {name: "y" if name in combination else "n" for name in OPTIONS}
        answers["log_in_with"] = "email" if EMAIL in combination else "username"
        answers["reverse_proxy"] = "nginx" if NGINX in combination else "caddy"
    # What Cookiecutter remembers of a bake stays out of the home folder.
    config = folder / "cookiecutter.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    config.write_text(
        f"cookiecutters_dir: {json.dumps(str(folder))}\nreplay_dir: {json.dumps(str(folder / 'replay'))}\n"
    )
    project = cookiecutter(
        str(TEMPLATE),
        no_input=True,
        extra_context=answers,
        output_dir=str(folder),
        config_file=str(config),
        accept_hooks=False,
    )
    return Path(project)


def files(project: Path) -> list[Path]:
    """Return all files of a project that has just been baked."""
    return sorted(path for path in project.rglob("*") if path.is_file())


def is_text(path: Path) -> bool:
    """Tell whether a file is one that people read."""
    return path.suffix not in {".ico", ".png", ".gif", ".woff2", ".mo"}


def grouped(combinations, long=()):
    """Return the parameters for a test of several combinations; what is tested of one is tested in one process.

    Those that are also in ``long`` are left to `make proof`.
    """
    return [
        pytest.param(
            combination,
            id=label(combination),
            marks=[pytest.mark.xdist_group(label(combination)), *([pytest.mark.long] if combination in long else [])],
        )
        for combination in combinations
    ]


def every():
    """Return the parameters for a test of every combination; `make test` has those that cover every pair of choices."""
    others = [combination for combination in combinations() if combination not in pairwise()]
    return grouped([*pairwise(), *others], long=others)


def covering():
    """Return the parameters for a test of projects that cover every pair of choices; `make test` has the fullest one."""
    return grouped(pairwise(), long=set(pairwise()) - {EVERYTHING})


def extremes():
    """Return the parameters for a test of the fullest project and the smallest; `make test` has the fullest one."""
    return grouped([EVERYTHING, NOTHING], long={NOTHING})
