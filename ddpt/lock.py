"""Writes the locks: ``requirements/{base,test,dev}.txt`` of the generated project, and the template's own.

Generating a project needs neither uv nor the network, so the template holds finished locks, with conditions around the
packages that belong to an option. ``make lock`` generates the project with all options, with each alone and with none,
compiles the lock of each by its ``bin/lock``, and merges them. Dependencies are additive: two options need what each of
them needs. The versions are those of the project with all options, also in the template's own ``requirements.txt``.
"""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.main import cookiecutter
from jinja2 import Environment

TEMPLATE = Path(__file__).parent.parent
PROJECT = TEMPLATE / "{{ cookiecutter.django_project_name }}"
FILES = ("base.txt", "test.txt", "dev.txt")

type Combination = frozenset[str]  # the options that are chosen


class UnmergeableError(Exception):
    """The locks of the combinations differ in more than the packages that an option adds."""


def options(template: str) -> list[str]:
    """Return the names of the yes/no questions that a template asks about."""
    return sorted(set(re.findall(r"cookiecutter\.(\w+) is yes", template)))


def combinations(names: list[str]) -> list[Combination]:
    """Return the sets of chosen options that are compiled: all of them, each alone, none."""
    return [frozenset(names), *(frozenset({name}) for name in names), frozenset()]


def answers(template: str, combination: Combination) -> dict[str, str]:
    """Return the answers to the questions that a template asks about."""
    return {name: "y" if name in combination else "n" for name in options(template)}


def public_index() -> dict[str, str]:
    """Return an environment with the uv that is installed here, which asks the public index alone."""
    environment = {name: value for name, value in os.environ.items() if name == "UV_CACHE_DIR" or name[:3] != "UV_"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return environment | {"UV_NO_CONFIG": "1", "UV_PYTHON": sys.executable, "PATH": path}


def compile_lock(project: Path, *arguments: str) -> None:
    """Have a generated project compile its lock; ``arguments`` are options of ``uv pip compile``."""
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


def merge(locks: dict[Combination, str]) -> str:
    """Return the template of a lock that renders to each of ``locks`` for its combination.

    Raise ``UnmergeableError`` where they differ in more than which packages are there.
    """

    def condition(block: str) -> str:
        """Return the condition for a package, or nothing where it is needed without any option."""
        wanted_by = sorted(name for one in locks if len(one) == 1 and block in locks[one] for name in one)
        return "" if block in locks[frozenset()] else " or ".join(f"cookiecutter.{name} is yes" for name in wanted_by)

    text, packages = blocks(locks[max(locks, key=len)])
    for rule, group in groupby(packages, key=condition):
        together = "".join(group)
        text += f"{{%- if {rule} %}}\n{together}{{%- endif %}}\n" if rule else together
    # As Cookiecutter will render it
    template = Environment(extensions=["ddpt.extension.Answers"], keep_trailing_newline=True).from_string(text)
    for combination, lock in locks.items():
        if template.render(cookiecutter=answers(text, combination)) != lock:
            names = ", ".join(sorted(combination)) or "no option"
            raise UnmergeableError(f"with {names}, more differs than the packages that each option adds")
    return text


def compile_all(folder: Path, *arguments: str) -> dict[str, str]:
    """Compile the locks of all combinations in ``folder``, and the template's own; return the merged ones by file.

    Raise ``UnmergeableError`` or, where uv fails, ``subprocess.CalledProcessError``; uv has then said why.
    """
    pyproject = (PROJECT / "pyproject.toml").read_text()
    projects = {}
    for combination in combinations(options(pyproject)):
        context = answers(pyproject, combination)
        where = {"output_dir": str(folder / str(len(projects))), "default_config": True, "accept_hooks": False}
        projects[combination] = Path(cookiecutter(str(TEMPLATE), no_input=True, extra_context=context, **where))
    everything, *others = projects.values()
    compile_lock(everything, *arguments)
    for project in others:
        shutil.copytree(everything / "requirements", project / "requirements", dirs_exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_lock, others))
    locks = {
        file: merge({one: (projects[one] / "requirements" / file).read_text() for one in projects}) for file in FILES
    }
    compile_own_lock(everything / "requirements/dev.txt", *arguments)
    return locks


def main(arguments: list[str]) -> int:
    """Compile and write the locks of the template; ``arguments`` are options of ``uv pip compile``."""
    try:
        with TemporaryDirectory() as folder:
            locks = compile_all(Path(folder), *arguments)
    except (subprocess.CalledProcessError, UnmergeableError) as error:
        reason = error if isinstance(error, UnmergeableError) else "uv could not compile one"
        print(f"The lock of the project is as it was: {reason}.", file=sys.stderr)
        return 1
    for file, text in locks.items():
        (PROJECT / "requirements" / file).write_text(text)
    print(f"requirements/{{{','.join(FILES)}}} are locked.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
