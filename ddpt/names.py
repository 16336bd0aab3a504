"""Names of the project in Python and elsewhere, and those that it cannot have."""

import re
import sys
from functools import cache
from keyword import iskeyword
from pathlib import Path

from slugify import slugify

LOCK = Path(__file__).parent.parent / "{{ cookiecutter.django_project_name }}/requirements/dev.txt"

# Docker Swarm and PostgreSQL cut or refuse names longer than 63 characters. This leaves room for what is put around
# the name of the project: the name of a service, secret or version, and test_..._gw12 for the databases of the tests.
MAX_LENGTH = 40

# Modules of Python 3.12 to 3.14 that the Python which runs Cookiecutter may lack.
MORE_MODULES = """
    aifc annotationlib audioop cgi cgitb chunk compression crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev
    pipes sndhdr spwd sunau telnetlib test uu xdrlib
"""
# Modules of the locked packages, where they have other names than the packages, and of packages they can do without.
PACKAGE_MODULES = """
    anyio anymail argon2 blackd blib2to3 dateutil debug_toolbar django_watchfiles factory mypy_django_plugin mypyc py
    storages unfold watchfiles xdist yaml
"""
# Beside the project's package, or likely to come there. Some file systems do not tell Makefile from makefile.
FILES = """
    bin build conftest deployment dist dockerfile docs env htmlcov license locale logs makefile manage media
    node_modules requirements static staticfiles templates tests venv
"""
WORDS = "false n no none null off on postgres public template0 template1 true y yes"  # https://yaml.org/type/bool.html
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
DEVICES = ["aux", "con", "nul", "prn", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]


@cache
def reserved() -> dict[str, str]:
    """Return each reserved name, in lower case and without hyphens, with the reason."""
    packages = re.findall(r"^([\w.-]+)==", LOCK.read_text("utf-8"), re.MULTILINE)
    names = {
        "is a module of Python's standard library": {*sys.stdlib_module_names, *MORE_MODULES.split()},
        "is a package that the project needs": {*packages, *PACKAGE_MODULES.split()},
        "is reserved for a file or folder beside the project's package": FILES.split(),
        "is a device name on Windows, where no folder can have it": DEVICES,
        "is a reserved word of YAML or PostgreSQL": WORDS.split(),
    }
    return {re.sub("[-.]", "_", name).lower(): reason for reason, taken in names.items() for name in taken}


def name_error(name: str) -> str | None:
    """Return why ``name`` suits no package, folder, distribution, image, stack or database, or None."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        return "is not a valid name for a Python package: use a letter, then ASCII letters, digits and _"
    if len(name) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    if iskeyword(name):
        return "is a Python keyword"
    if name.lower().startswith("pg_"):
        return "begins with pg_, which PostgreSQL reserves for its own roles"
    # "Django" and "django__stubs" collide as well: on file systems that ignore case, and as names of distributions.
    return reserved().get(slug(name).replace("-", "_"))


def module_name(project_name: object) -> str:
    """Return the default of ``django_project_name``, which is always valid.

    >>> module_name("Awesome Project"), module_name("Über uns"), module_name("3D"), module_name("Django")
    ('awesome_project', 'uber_uns', 'project_3d', 'django_project')
    """
    text = str(project_name)
    name = text.lower().replace(" ", "_").replace("-", "_")
    if not name_error(name):
        return name
    text = text.replace("'", "").replace("’", "")
    name = slugify(text, separator="_", entities=False, decimal=False, hexadecimal=False) or "project"
    if not re.match(r"(?!pg_)[a-z]", name):
        name = f"project_{name}"
    name = name[:MAX_LENGTH].rstrip("_")
    return f"{name[: MAX_LENGTH - 8]}_project" if name_error(name) else name


def slug(django_project_name: str) -> str:
    """Return the name for distributions, images and Compose projects: lower case, with single hyphens between words."""
    return "-".join(word for word in django_project_name.lower().split("_") if word)
