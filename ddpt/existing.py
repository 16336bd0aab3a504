"""What a Django project that no template made says of itself, read from its files: none of its code is run."""

import ast
import posixpath
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Where projects list the packages of production, the first that is there
PACKAGE_LISTS = (
    *("uv.lock", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt"),
    *("requirements.txt", "requirements/requirements.txt"),
)
PYTHON_VERSION = "3.14"
# os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
SETTINGS_DEFAULT = re.compile(r"""setdefault\(\s*["']DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']""")
WSGI_APPLICATION = re.compile(r"""^WSGI_APPLICATION\s*=\s*["']([\w.]+)\.(\w+)["']""", re.MULTILINE)
# https://pip.pypa.io/en/stable/reference/requirements-file-format/#referring-to-other-requirements-files
INCLUDED = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]*(\S+)", re.MULTILINE)
# env("NAME") of django-environ and environs, config("NAME") of python-decouple
READERS = {"env", "config"}


class AdoptionError(Exception):
    """Why nothing was written, and after an arrow what to do."""


@dataclass(frozen=True)
class Project:
    """A project that exists."""

    folder: Path
    # the module that production uses
    settings: str
    # module:application
    wsgi: str
    # uv.lock, pyproject.toml, or a file for pip
    packages: str
    # that file, and those that it needs
    package_files: list[str]
    python: str
    # what the settings read from the environment and have no default for
    variables: list[str]
    has_translations: bool


def find(folder: Path, given: dict[str, str]) -> Project:
    """Return what is found in the folder of a project, but for what is ``given`` as SETTINGS, WSGI and so on.

    Raises AdoptionError for the first thing that is neither found nor given.
    """
    if not (folder / "manage.py").is_file():
        raise AdoptionError(f"There is no manage.py in {folder}. → PROJECT=the folder that has it")
    settings = given.get("SETTINGS") or settings_default(folder / "manage.py")
    if not settings:
        raise AdoptionError("manage.py has no default for DJANGO_SETTINGS_MODULE. → SETTINGS=mysite.settings")
    wsgi = given.get("WSGI") or wsgi_application(module_file(folder, settings, "SETTINGS"))
    if not wsgi:
        raise AdoptionError(f"WSGI_APPLICATION is not in the settings {settings}. → WSGI=mysite.wsgi:application")
    # The default of manage.py may be for development. That of wsgi.py is for production.
    server = module_file(folder, wsgi.partition(":")[0], "WSGI")
    settings = given.get("SETTINGS") or settings_default(server) or settings
    packages = given.get("REQUIREMENTS") or package_list(folder)
    if not packages or not (folder / packages).is_file():
        raise AdoptionError(
            f"There is no {packages or 'list of packages'}. → REQUIREMENTS=path/to/requirements.txt, which `pip freeze`, "
            "`poetry export` or `pipenv requirements` write"
        )
    return Project(
        folder=folder,
        settings=settings,
        wsgi=wsgi,
        packages=packages,
        package_files=package_files(folder, packages),
        python=given.get("PYTHON_VERSION") or python_version(folder),
        variables=sorted({*required_variables(folder, settings, set())}),
        has_translations=bool(git(folder, "ls-files", "*.po")),
    )


def git(folder: Path, *arguments: str) -> str:
    """Return what git prints. Raises AdoptionError where it fails: the folder is not in a repository."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["git failed"])[-1]
        raise AdoptionError(f"{reason} → git init, git add --all and git commit in {folder}")
    return done.stdout.strip()


def settings_default(file: Path) -> str:
    """Return the module that a file sets as the default of DJANGO_SETTINGS_MODULE, or nothing."""
    found = SETTINGS_DEFAULT.search(file.read_text())
    return found[1] if found else ""


def wsgi_application(settings: Path) -> str:
    """Return WSGI_APPLICATION, which may be in another file beside the settings, as gunicorn names it, or nothing."""
    found = [
        match for file in sorted(settings.parent.glob("*.py")) for match in WSGI_APPLICATION.findall(file.read_text())
    ]
    return ":".join(found[0]) if found else ""


def module_file(folder: Path, module: str, option: str) -> Path:
    """Return the file of a module. Raises AdoptionError that names the option where there is none."""
    path = folder.joinpath(*module.split("."))
    for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
        if file.is_file():
            return file
    raise AdoptionError(f"There is no module {module} in {folder}. → {option}=another one")


def package_list(folder: Path) -> str:
    """Return the path of the file that lists the packages of production, or nothing."""
    for path in PACKAGE_LISTS:
        if (folder / path).is_file():
            return path
    file = folder / "pyproject.toml"
    lists_packages = file.is_file() and tomllib.loads(file.read_text()).get("project", {}).get("dependencies")
    return file.name if lists_packages else ""


def package_files(folder: Path, packages: str) -> list[str]:
    """Return the files that are needed to install the packages of a list. Raises AdoptionError where one is missing."""
    match packages:
        case "uv.lock":
            return ["pyproject.toml", "uv.lock"]
        case "pyproject.toml":
            return ["pyproject.toml"]
    return sorted(included(folder, packages))


def included(folder: Path, path: str) -> set[str]:
    """Return a requirements file and all that it includes, as paths in the folder. Raises AdoptionError where one is missing."""
    if not (folder / path).is_file():
        raise AdoptionError(f"There is no {path} in {folder}. → REQUIREMENTS=another file")
    found = {path}
    for name in INCLUDED.findall((folder / path).read_text()):
        found |= included(folder, posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))
    return found


def python_version(folder: Path) -> str:
    """Return the version in ``.python-version``, such as 3.13, or the newest that this was tested with."""
    file = folder / ".python-version"
    found = re.match(r"\d+\.\d+", file.read_text()) if file.is_file() else None
    return found[0] if found else PYTHON_VERSION


def required_variables(folder: Path, module: str, seen: set[str]) -> Iterator[str]:
    """Return what settings, and the modules of the project that they import, read whatever else is set: not below an ``if``."""
    file = folder.joinpath(*module.split("."))
    is_package = (file / "__init__.py").is_file()
    file = file / "__init__.py" if is_package else file.with_name(f"{file.name}.py")
    if module in seen or not file.is_file():
        return
    seen.add(module)
    for statement in ast.parse(file.read_text()).body:
        if isinstance(statement, ast.ImportFrom):
            package = module.split(".") if is_package else module.split(".")[:-1]
            above = package[: len(package) - statement.level + 1] if statement.level else []
            parent = ".".join([*above, *filter(None, [statement.module])])
            for name in [parent, *(f"{parent}.{alias.name}" for alias in statement.names)]:
                yield from required_variables(folder, name, seen)
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr):
            yield from filter(None, map(required_variable, ast.walk(statement)))


def required_variable(node: ast.AST) -> str:
    """Return the variable of ``env("NAME")``, ``env.str("NAME")`` or ``os.environ["NAME"]`` without a default, or nothing."""
    match node:
        case ast.Call(
            func=ast.Name(reader) | ast.Attribute(ast.Name(reader)), args=[ast.Constant(str(name))], keywords=more
        ):
            return name if reader in READERS and not any(one.arg == "default" for one in more) else ""
        case ast.Subscript(ast.Attribute(_, "environ") | ast.Name("environ"), ast.Constant(str(name))):
            return name
    return ""
