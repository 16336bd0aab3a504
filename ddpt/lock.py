"""Writes the locks: ``requirements/{base,test,dev}.txt`` of the generated project, and the template's own.

Baking needs neither uv nor the network, so the template holds finished lock files with conditions around the packages
that belong to an option. This command makes them::

    python -m ddpt.lock                                keeps what is pinned, adds and drops what pyproject.toml asks for
    python -m ddpt.lock --upgrade                      takes the newest version of everything
    python -m ddpt.lock --upgrade-package django       takes the newest version of one package

It generates the project without any of the options that its pyproject.toml asks about, with each of them alone, and with
all, has each compiled by the project's own ``bin/lock``, and puts the results together. Dependencies are additive: what
two options need is what each of them needs. The versions are those of the project with all options, for all of them, and
for ``requirements.txt``, which locks what the template's commands and tests need.
"""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jinja2 import Environment

from ddpt.generate import TEMPLATE, generate

PROJECT = TEMPLATE / "{{ cookiecutter.django_project_name }}"
FILES = ("base.txt", "test.txt", "dev.txt")

type Combination = frozenset[str]  # the options that are chosen


class UnmergeableError(Exception):
    """The locks of the combinations differ in more than which packages are there."""


def options(template: str) -> list[str]:
    """Return the names of the yes/no questions that a template asks about."""
    return sorted(set(re.findall(r"cookiecutter\.(\w+) is yes", template)))


def combinations(names: list[str]) -> list[Combination]:
    """Return the sets of chosen options that are compiled: all of them, each alone, none."""
    return [frozenset(names), *(frozenset({name}) for name in names), frozenset()]


def bake(names: list[str], combination: Combination, folder: Path) -> Path:
    """Bake the project with the options of ``combination``, and no other of ``names``, and return its folder."""
    answers = {name: "y" if name in combination else "n" for name in names}
    return generate(folder, extra_context=answers)


def public_index() -> dict[str, str]:
    """Return an environment in which uv asks the public index alone, whatever this machine is configured to use."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}
    if "UV_CACHE_DIR" in os.environ:
        environment["UV_CACHE_DIR"] = os.environ["UV_CACHE_DIR"]
    tools = Path(sys.executable).parent
    path = os.pathsep.join([str(tools), os.environ["PATH"]])
    return environment | {"UV_NO_CONFIG": "1", "UV_PYTHON": sys.executable, "PATH": path}


def compile_lock(project: Path, *arguments: str) -> None:
    """Have a baked project compile its lock.

    Raise ``subprocess.CalledProcessError`` if it fails; uv has then said why.
    """
    subprocess.run([project / "bin/lock", *arguments], check=True, env=public_index())


def compile_own_lock(versions: Path, *arguments: str) -> None:
    """Lock the template's own packages, in the ``versions`` that a lock of the project names."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.12", "--generate-hashes"]
    command += ["--no-annotate", "--custom-compile-command", "make lock", "--no-python-downloads"]
    command += ["--group", "pyproject.toml:dev", "--constraints", str(versions), "--output-file", "requirements.txt"]
    subprocess.run([*command, *arguments], check=True, env=public_index(), cwd=TEMPLATE)


def blocks(lock: str) -> tuple[str, list[str]]:
    """Split a lock into its header and one block, a line with its hashes, for each package."""
    header, *rest = re.split(r"^(?=[^\s#])", lock, flags=re.MULTILINE)
    return header, rest


def condition(wanted: set[Combination]) -> str:
    """Return the Jinja condition for a package that the ``wanted`` combinations have; none when all have it."""
    if frozenset() in wanted:
        return ""
    alone = sorted(name for combination in wanted if len(combination) == 1 for name in combination)
    return " or ".join(f"cookiecutter.{name} is yes" for name in alone)


def merge(locks: dict[Combination, str]) -> str:
    """Return the template of a lock file that renders to each of ``locks`` for its combination.

    Raise ``UnmergeableError`` where they differ in more than which packages are there.
    """
    headers = {blocks(lock)[0] for lock in locks.values()}
    if len(headers) > 1:
        raise UnmergeableError(f"the headers differ: {sorted(headers)}")
    found: dict[str, set[Combination]] = {}
    for combination, lock in locks.items():
        for block in blocks(lock)[1]:
            found.setdefault(block, set()).add(combination)

    text = headers.pop()
    order = sorted(found, key=lambda block: (re.match(r"[\w.-]+", block)[0], block))
    for rule, group in itertools.groupby(order, key=lambda block: condition(found[block])):
        packages = "".join(group)
        text += f"{{%- if {rule} %}}\n{packages}{{%- endif %}}\n" if rule else packages
    for combination, lock in locks.items():
        if rendered(text, combination) != lock:
            raise UnmergeableError(
                f"with {sorted(combination) or 'no option'} there are other packages, versions or platforms"
            )
    return text


def rendered(template: str, combination: Combination) -> str:
    """Return what Cookiecutter will make of a template that ``merge`` made, for a combination."""
    environment = Environment(extensions=["ddpt.extension.Answers"], keep_trailing_newline=True)
    answers = {name: "y" if name in combination else "n" for name in options(template)}
    return environment.from_string(template).render(cookiecutter=answers)


def main(arguments: list[str]) -> int:
    """Compile and write the lock files of the template; ``arguments`` are options for ``uv pip compile``."""
    names = options((PROJECT / "pyproject.toml").read_text())
    with tempfile.TemporaryDirectory() as folder:
        projects = {
            combination: bake(names, combination, Path(folder) / str(number))
            for number, combination in enumerate(combinations(names))
        }
        everything, *others = projects.values()
        try:
            compile_lock(everything, *arguments)
            for project in others:
                shutil.copytree(everything / "requirements", project / "requirements", dirs_exist_ok=True)
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(compile_lock, others))
            compile_own_lock(everything / "requirements/dev.txt", *arguments)
            merged = {
                file: merge({one: (project / "requirements" / file).read_text() for one, project in projects.items()})
                for file in FILES
            }
        except subprocess.CalledProcessError:
            print("The lock of the project is as it was: uv could not compile one.", file=sys.stderr)
            return 1
        except UnmergeableError as reason:
            print(f"The lock of the project is as it was: {reason}.", file=sys.stderr)
            return 1
    (PROJECT / "requirements").mkdir(exist_ok=True)
    for file, text in merged.items():
        (PROJECT / "requirements" / file).write_text(text)
    print(f"requirements/{','.join(FILES)} hold for {len(projects)} combinations of {', '.join(names)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
