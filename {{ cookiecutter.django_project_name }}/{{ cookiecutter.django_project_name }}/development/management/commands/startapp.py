"""``manage.py startapp``: add an app with a model, its admin, a page and tests."""

import re
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.management.templates import TemplateCommand

TEMPLATE = Path(__file__).parents[2] / "app_template"
PACKAGE = TEMPLATE.parents[1]
SETTINGS = PACKAGE / "config/base.py"
URLS = PACKAGE / "config/urls.py"

# The start of each list, with the project's own apps; a new app is added after them.
OWN_APPS = re.compile(rf'^INSTALLED_APPS = \[\n(    "{PACKAGE.name}\..*\n)*', re.MULTILINE)
OWN_URLS = re.compile(rf'^urlpatterns = \[\n(    path\(.*"{PACKAGE.name}\..*\n)*', re.MULTILINE)


class Command(BaseCommand):
    """Replaces Django's command: a new app passes all checks, and its page is served."""

    help = "Add an app with a model, its admin, a page and tests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the name."""
        parser.add_argument("name", help="name of the app, such as blog")

    def handle(self, name: str, **options: Any) -> None:
        """Create the app and its first migration, and add it to the settings and URLs.

        Raises:
            CommandError: the name is invalid or taken, or an error occurred. Nothing was changed.
        """
        check_name(name)
        check_lists()
        before = {file: file.read_text() for file in (SETTINGS, URLS)}
        try:
            create(name)
        except BaseException as error:
            shutil.rmtree(PACKAGE / name, ignore_errors=True)
            for file, text in before.items():
                file.write_text(text)
            if not isinstance(error, Exception):
                raise
            message = f"Nothing was added: {error}\n→ Solve that, then: make app NAME={name}"
            raise CommandError(message) from error
        self.stdout.write(
            f"Created {PACKAGE.name}/{name} with a model, its admin, a page, tests and a migration.\n"
            f"Added it to {PACKAGE.name}/config/base.py and {PACKAGE.name}/config/urls.py.\n"
            f"→ make migrate, then see /{url_path(name)}/ and /{settings.ADMIN_URL}{name}/entry/ of the site."
        )


def check_name(name: str) -> None:
    """Raise ``CommandError`` if a name is invalid or taken."""
    if not is_valid(name):
        likely = re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")
        example = likely if is_valid(likely) else "blog"
        message = (
            f"'{name}' is not a valid app name: use lower case letters, digits and _, start with a letter, "
            f"and use no keyword of Python.\n→ make app NAME={example}"
        )
        raise CommandError(message)
    if reason := taken_by(name):
        message = f"'{name}' is taken: {reason}.\n→ make app NAME=another_name"
        raise CommandError(message)


def is_valid(name: str) -> bool:
    """Return whether a name is words of lower case letters and digits, joined by ``_``."""
    return bool(re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", name)) and not iskeyword(name)


def taken_by(name: str) -> str | None:
    """Return what has this name already, or None."""
    for path in (PACKAGE / name, PACKAGE / f"{name}.py"):
        if path.exists():
            return f"{PACKAGE.name}/{path.name} exists"
    for config in apps.get_app_configs():
        if config.label == name:
            return f"{config.name} is installed"
    return "a Python module has that name" if find_spec(name) else None


def check_lists() -> None:
    """Raise ``CommandError`` if the settings or URLs have no list to add an app to."""
    for file, start, line in ((SETTINGS, OWN_APPS, "INSTALLED_APPS = ["), (URLS, OWN_URLS, "urlpatterns = [")):
        if not start.search(file.read_text()):
            path = file.relative_to(settings.BASE_DIR)
            message = f"{path} has no line '{line}' to add the app to.\n→ git diff {path}"
            raise CommandError(message)


def create(name: str) -> None:
    """Write the files of an app, add it to the two lists, and create its migration."""
    TemplateCommand().handle(
        "app",
        name,
        str(PACKAGE / name),
        template=str(TEMPLATE),
        extensions=["py"],
        files=[],
        verbosity=0,
        project=PACKAGE.name,
        verbose_name=name.replace("_", " ").capitalize(),
    )
    add_line(SETTINGS, OWN_APPS, f'"{PACKAGE.name}.{name}",')
    add_line(URLS, OWN_URLS, f'path("{url_path(name)}/", include("{PACKAGE.name}.{name}.urls")),')
    run("-m", "black", "--quiet", str(URLS))
    run("manage.py", "makemigrations", name)


def add_line(file: Path, start: re.Pattern[str], line: str) -> None:
    """Add a line to the list of a file."""
    file.write_text(start.sub(lambda match: f"{match[0]}    {line}\n", file.read_text(), count=1))


def run(*arguments: str) -> None:
    """Run Python, and raise an error if it fails."""
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=settings.BASE_DIR, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def url_path(name: str) -> str:
    """Return the path of an app's page."""
    return name.replace("_", "-")
