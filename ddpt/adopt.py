"""Writes ``deployment/`` into a Django project that no template made: ``make adopt PROJECT=../mysite``.

The folder is that of a generated project, with two things more that a generated project has elsewhere: ``Dockerfile`` with
its list of what is in the image, and ``serving/``, a Django app with the settings, commands and health checks that the
deploy tool needs. Nothing else of the project is changed.
"""

import re
import shutil
import sys
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

from cookiecutter.main import cookiecutter
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ddpt.existing import AdoptionError, Project, find, git
from ddpt.names import module_name
from ddpt.validation import InvalidAnswers

TEMPLATE = Path(__file__).parent.parent
ADOPTED = Path(__file__).parent / "adopted"

# What may be typed: first what else is found in the project, then answers to the template's questions.
FOUND = {"SETTINGS", "WSGI", "REQUIREMENTS", "PYTHON_VERSION"}
ANSWERS = {"DJANGO_PROJECT_NAME", "DOMAIN_NAME", "EMAIL", "REVERSE_PROXY"}
# Not those of development, and not what needs code of the template
NO_OTHERS = {"use_s3": "n", "use_mailgun": "n", "use_sentry_for_error_reporting": "n", "ci": "none"}

# Of the generated project: what goes where in deployment/.
MOVED = {
    "gunicorn.conf.py": "gunicorn.conf.py",
    "bin/help": "bin/help",
    "bin/update-images": "bin/update-images",
    "{package}/core/breaking_migrations.py": "serving/breaking_migrations.py",
    "{package}/core/cache.py": "serving/cache.py",
    "{package}/core/health.py": "serving/health.py",
    "{package}/core/metrics.py": "serving/metrics.py",
    "{package}/core/schedule.py": "serving/schedule.py",
    "{package}/core/schedule_metrics.py": "serving/schedule_metrics.py",
    "{package}/core/site_state.py": "serving/site_state.py",
    "{package}/core/management/__init__.py": "serving/management/__init__.py",
    "{package}/core/management/commands/__init__.py": "serving/management/commands/__init__.py",
    "{package}/core/management/commands/check_backup.py": "serving/management/commands/check_backup.py",
    "{package}/core/management/commands/migrate_release.py": "serving/management/commands/migrate_release.py",
}
SETTINGS = "deployment.serving.settings"
# And what reads otherwise there: the file, a pattern and what replaces it.
CHANGED = (
    ("Makefile", r"\.\./bin/", "bin/"),
    ("bin/update-images", r'/\.\."\n', '/../.."\n'),
    ("bin/update-images", "-- Dockerfile ", "-- deployment/Dockerfile "),
    ("gunicorn.conf.py", r"\w+\.config\.production", SETTINGS),
    ("gunicorn.conf.py", r"\w+\.config\.wsgi:application", "{wsgi}"),
    ("gunicorn.conf.py", r"\w+\.core import metrics", "deployment.serving import metrics"),
    ("gunicorn.conf.py", "core/metrics.py", "serving/metrics.py"),
    # The project's own logging need not have what gunicorn asks for.
    ("gunicorn.conf.py", r", and how log lines look, as in the settings", ", as in the settings"),
    ("gunicorn.conf.py", r"logconfig_dict = settings.LOGGING\n", ""),
    ("serving/schedule.py", r"\w+\.core\.schedule", "deployment.serving.schedule"),
    ("serving/schedule.py", "housekeeping", "clearsessions"),
    ("stacks/django.yml", r"\w+\.config\.production", SETTINGS),
    ("stacks/scheduler.yml", r"\w+\.config\.production", SETTINGS),
    ("stacks/scheduler.yml", r"\w+\.core\.schedule", "deployment.serving.schedule"),
    ("stacks/scheduler.yml", "housekeeping", "clearsessions"),
    ("monitoring/alerts-test.yml", "housekeeping", "clearsessions"),
    (
        "README.md",
        "`housekeeping` deletes expired sessions and counts of\nfailed logins",
        "`clearsessions` deletes expired sessions",
    ),
    ("README.md", "housekeeping", "clearsessions"),
    (
        "README.md",
        "├── provisioning/",
        "├── Dockerfile       the image of Django; Dockerfile.dockerignore: what is not in it; requirements.txt: more packages\n"
        "├── gunicorn.conf.py how gunicorn serves the project\n"
        "├── serving/         Django's settings in production, health checks, and commands for migrations and backups\n"
        "├── bin/             what `make help` and `make update-images` run\n"
        "├── provisioning/",
    ),
    # The project's settings decide these.
    ("production.env", r" The table in the project's README.md lists more\.\nADMIN_URL=.*\n", "\n"),
    ("production.env", r"# Who sends these emails.*\nDEFAULT_FROM_EMAIL=\n\n", ""),
    ("production.env", r"an email when an error is logged, and the alerts", "the alerts"),
    ("production.env", r"LOG_LEVEL=.*\n\n", ""),
    ("stacks/monitoring/alertmanager.yml", r" +DEFAULT_FROM_EMAIL: .*\n", ""),
)
# What serving/settings.py sets for the project's settings, under the names that are usual
PROVIDED = {
    *("SECRET_KEY", "DJANGO_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CACHE_URL"),
    *("ALLOWED_HOSTS", "DJANGO_ALLOWED_HOSTS", "DEBUG", "DJANGO_DEBUG", "DJANGO_SETTINGS_MODULE"),
}
SECRET = re.compile("KEY|SECRET|PASSWORD|TOKEN|DSN|CREDENTIALS")


def adopt(project: Path, given: dict[str, str]) -> str:
    """Write ``deployment/`` into a project, as a whole or not at all, and return what to type next.

    Args:
        project: the folder with manage.py.
        given: what was typed, by name: FOUND, ANSWERS, and values of variables that the project's settings need.

    Raises:
        AdoptionError: something is in the way, or is not found.
        InvalidAnswers: an answer is not valid.
    """
    found = find(project, given)
    deployment = project / "deployment"
    if deployment.exists():
        raise AdoptionError(f"{deployment} exists already. → remove or rename it")
    if git(project, "status", "--porcelain", "--", "."):
        raise AdoptionError(f"Not all changes in {project} are committed. → git commit")
    needed = [name for name in found.variables if name not in PROVIDED]
    known = {*FOUND, *ANSWERS, *(name for name in needed if not SECRET.search(name))}
    if unknown := given.keys() - known:
        raise AdoptionError(f"{min(unknown)} is not known. → {' '.join(f'{name}=' for name in sorted(known))}")
    with TemporaryDirectory() as folder:
        generated = generate(Path(folder), project.name, given)
        complete(generated, found, needed, given)
        shutil.copytree(generated / "deployment", deployment)
    return next_steps(found, [name for name in needed if not given.get(name)])


def generate(folder: Path, name: str, given: dict[str, str]) -> Path:
    """Return a generated project with the answers that were ``given``, and the name of the folder that is adopted."""
    answers = {question.lower(): given[question] for question in ANSWERS & given.keys()}
    answers = {"project_name": name, "django_project_name": module_name(name), **answers, **NO_OTHERS}
    options = {"no_input": True, "default_config": True, "accept_hooks": False, "output_dir": str(folder)}
    return Path(cookiecutter(str(TEMPLATE), extra_context=answers, **options))


def complete(generated: Path, found: Project, needed: list[str], given: dict[str, str]) -> None:
    """Have ``deployment/`` of a generated project hold all that an adopted one needs."""
    deployment = generated / "deployment"
    for source, target in MOVED.items():
        (deployment / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(generated / source.format(package=generated.name), deployment / target)
    for path, pattern, text in CHANGED:
        rewrite(deployment / path, pattern, text.format(wsgi=found.wsgi))
    ignored = found.folder / ".dockerignore"
    lock = (generated / "requirements/dev.txt").read_text()
    templates = Environment(loader=FileSystemLoader(ADOPTED), undefined=StrictUndefined, keep_trailing_newline=True)
    for source in sorted(path for path in ADOPTED.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        path = source.relative_to(ADOPTED).as_posix()
        text = templates.get_template(path).render(
            project=found,
            needed=needed,
            uv=re.search(r"^uv==\S+", lock, re.MULTILINE)[0],
            has_driver=any(re.search(r"\bpsycopg", (found.folder / one).read_text()) for one in found.package_files),
            dockerignore=ignored.read_text() if ignored.is_file() else "",
            title=given.get("DJANGO_PROJECT_NAME") or found.folder.name,
        )
        target = deployment / path.removesuffix("-tpl")
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    add_variables(deployment, needed, given)
    # Cookiecutter leaves out files, but not folders.
    for folder in [path for path in deployment.iterdir() if path.is_dir() and not any(path.iterdir())]:
        folder.rmdir()


def rewrite(file: Path, pattern: str, text: str) -> None:
    """Replace a pattern in a file, which must have it."""
    new, count = re.subn(pattern, text, file.read_text())
    assert count, f"{file.name} of the template has no {pattern!r}"
    file.write_text(new)


def add_variables(deployment: Path, needed: list[str], given: dict[str, str]) -> None:
    """Have the tool ask for what the settings need: for secrets by ``make secrets``, for others where they have no value."""
    secrets = [name for name in needed if SECRET.search(name)]
    others = [name for name in needed if name not in secrets]
    for name in secrets:
        with (deployment / "secrets.toml").open("a") as file:
            file.write(f'\n[{name}]\nabout = "the settings of the project read it"\nstacks = ["django"]\n')
    if others:
        lines = "".join(f"{name}={given.get(name, '')}\n" for name in others)
        with (deployment / "production.env").open("a") as file:
            file.write(f"\n# What the settings of the project read and have no default for\n{lines}")
        # https://docs.docker.com/reference/compose-file/interpolation/
        wanted = f"write values for {', '.join(others)} into deployment/production.env"
        checks = "".join(f"      {name}: ${{{name}:?{wanted}}}\n" for name in others)
        rewrite(deployment / "stacks/django.yml", r"(      DRAIN_SECONDS: .*\n)", rf"\1{checks}")


def next_steps(found: Project, missing: list[str]) -> str:
    """Return what was found, and what to type next."""
    lacking = (
        f"\nThe settings need these, which have no value yet: {', '.join(missing)}. `make secrets` asks for secrets; the others\n"
        "are empty lines at the end of deployment/production.env.\n"
        if missing
        else ""
    )
    return f"""
Wrote {found.folder}/deployment: settings {found.settings}, application {found.wsgi},
packages of {found.packages}, Python {found.python}.
{lacking}
Next, type:

  cd {quote(str(found.folder))}
  git add --force deployment && git commit -m "Add deployment/"
  cd deployment
  make setup DOMAIN_NAME=localhost      # on this computer; README.md has what a server needs
  make deploy-check                     # lists all that is missing
"""


def main(words: list[str]) -> int:
    """Adopt the project that ``PROJECT=`` names; the other words are ``NAME=value`` as well."""
    given = dict(word.split("=", 1) for word in words if "=" in word)
    try:
        if not (project := given.pop("PROJECT", "")):
            raise AdoptionError("PROJECT is required. → make adopt PROJECT=../mysite")
        print(adopt(Path(project).expanduser().resolve(), given))
    except AdoptionError as error:
        print(f"Nothing was written: {error}", file=sys.stderr)
        return 1
    except InvalidAnswers as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
