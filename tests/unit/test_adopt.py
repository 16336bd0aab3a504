"""`make adopt`: what it finds in a project, what it refuses, and what it writes."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml

from ddpt.adopt import main
from ddpt.existing import find
from support.processes import run
from support.projects import TEMPLATE, TOOLS


def git(folder, *arguments):
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")


@pytest.fixture
def project(tmp_path):
    """A project as Django's own command makes it, with a list of its packages, committed."""
    subprocess.run([TOOLS / "django-admin", "startproject", "mysite"], cwd=tmp_path, check=True)
    (tmp_path / "mysite/requirements.txt").write_text("django>=6.0\n")
    git(tmp_path / "mysite", "init", "--quiet")
    commit(tmp_path / "mysite")
    return tmp_path / "mysite"


def write(project, files):
    for path, text in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    commit(project)


# A project with settings for each environment, as many have them
SPLIT = {
    "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\n',
    "config/wsgi.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
    "config/settings/__init__.py": "",
    "config/settings/base.py": 'WSGI_APPLICATION = "config.wsgi.application"\nAPI_URL = env("API_URL")\n',
    "config/settings/local.py": 'from .base import *\nLOCAL = env("LOCAL")\n',
    "config/settings/production.py": (
        "import os\n\nfrom .base import *\nfrom .base import env\n"
        'ADMIN_URL = env.str("ADMIN_URL")\nSECRET_KEY = env("DJANGO_SECRET_KEY")\nSTRIPE_KEY = os.environ["STRIPE_KEY"]\n'
        'A = env.int("HAS_DEFAULT", default=1)\nB = env.bool("HAS_DEFAULT_TOO", True)\nC = os.environ.get("OPTIONAL")\n'
        'if A > 1:\n    D = env("ONLY_SOMETIMES")\n'
    ),
}


def test_finds_everything_in_the_project_of_startproject(project):
    found = find(project, {})
    assert (found.settings, found.wsgi) == ("mysite.settings", "mysite.wsgi:application")
    assert (found.packages, found.package_files) == ("requirements.txt", ["requirements.txt"])
    assert (found.python, found.variables, found.has_translations) == ("3.14", [], False)


def test_finds_the_settings_of_production_and_what_they_need(project):
    write(project, SPLIT | {".python-version": "3.13.5\n", "locale/de/LC_MESSAGES/django.po": ""})
    found = find(project, {})
    assert (found.settings, found.wsgi) == ("config.settings.production", "config.wsgi:application")
    assert found.variables == ["ADMIN_URL", "API_URL", "DJANGO_SECRET_KEY", "STRIPE_KEY"]
    assert (found.python, found.has_translations) == ("3.13", True)


@pytest.mark.parametrize(
    ("files", "packages", "included"),
    [
        ({"uv.lock": "", "pyproject.toml": ""}, "uv.lock", ["pyproject.toml", "uv.lock"]),
        (
            {
                "requirements/base.txt": "",
                "requirements/production.txt": "-r base.txt\n-c ../limits.txt\n",
                "limits.txt": "",
            },
            "requirements/production.txt",
            ["limits.txt", "requirements/base.txt", "requirements/production.txt"],
        ),
        (
            {"pyproject.toml": '[project]\nname = "mysite"\ndependencies = ["django"]\n'},
            "pyproject.toml",
            ["pyproject.toml"],
        ),
    ],
    ids=["uv", "pip", "pyproject"],
)
def test_finds_the_packages_of_production(project, files, packages, included):
    (project / "requirements.txt").unlink()
    write(project, files)
    found = find(project, {})
    assert found.packages == packages
    assert found.package_files == included


def test_what_is_typed_counts_more_than_what_is_found(project):
    write(project, SPLIT | {"all.txt": "django\n"})
    typed = {"SETTINGS": "config.settings.local", "REQUIREMENTS": "all.txt", "PYTHON_VERSION": "3.12"}
    found = find(project, typed)
    assert (found.settings, found.packages, found.python) == ("config.settings.local", "all.txt", "3.12")
    assert found.variables == ["API_URL", "LOCAL"]


REFUSED = {
    "no manage.py": (lambda project: git(project, "rm", "--quiet", "manage.py"), [], "no manage.py"),
    "no packages": (lambda project: git(project, "rm", "--quiet", "requirements.txt"), [], "REQUIREMENTS="),
    "no included file": (
        lambda project: (project / "requirements.txt").write_text("-r base.txt\n"),
        [],
        "There is no base.txt",
    ),
    "no settings": (lambda project: (project / "manage.py").write_text(""), [], "SETTINGS=mysite.settings"),
    "other settings": (lambda project: None, ["SETTINGS=mysite.elsewhere"], "no module mysite.elsewhere"),
    "no application": (
        lambda project: (project / "mysite/settings.py").write_text(""),
        [],
        "WSGI=mysite.wsgi:application",
    ),
    "not committed": (lambda project: (project / "new.py").write_text(""), [], "git commit"),
    "no repository": (lambda project: (project / ".git").rename(project.parent / "git"), [], "git init"),
    "deployed otherwise": (lambda project: (project / "deployment").mkdir(), [], "deployment exists already"),
    "unknown name": (lambda project: None, ["ADMIN=admin/"], "ADMIN is not known. → DJANGO_PROJECT_NAME= DOMAIN_NAME="),
    "invalid answer": (lambda project: None, ["DOMAIN_NAME=http://example.com"], "domain_name: 'http://example.com'"),
}


@pytest.mark.parametrize(("change", "typed", "reason"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_the_next_command_and_writes_nothing(project, capsys, change, typed, reason):
    change(project)
    before = sorted(project.rglob("*"))
    assert main([f"PROJECT={project}", *typed]) == 1
    printed = capsys.readouterr().err
    assert reason in printed
    assert "→" in printed
    assert "Nothing was written" in printed
    assert sorted(project.rglob("*")) == before


def test_make_adopt_writes_one_folder_that_stands_on_its_own(project):
    write(project, SPLIT | {"Dockerfile": "FROM scratch\n", ".gitignore": "bin/\n*.env\n", ".dockerignore": "dumps\n"})
    typed = ["DOMAIN_NAME=shop.example.org", "EMAIL=ada@example.org", "REVERSE_PROXY=nginx", "ADMIN_URL=office/"]
    status, printed = run("make", "--directory", TEMPLATE, "adopt", f"PROJECT={project}", *typed)
    assert status == 0, printed
    assert "no value yet: API_URL, STRIPE_KEY." in printed
    git(project, "add", "--force", "deployment")
    # What the project keeps out of images stays out.
    assert "\ndumps\n" in (project / "deployment/Dockerfile.dockerignore").read_text()
    assert all(line.startswith("A  deployment/") for line in git(project, "status", "--porcelain").splitlines())
    deployment = project / "deployment"
    texts = {
        path: path.read_text()
        for path in deployment.rglob("*")
        if path.is_file() and "vendor" not in path.parts and path.suffix != ".pyc"
    }
    for path, text in texts.items():
        # of a generated project alone
        assert not re.search(r"mysite\.(config|core)\b|\.\./bin/|cookiecutter|housekeeping", text), path
        assert path.suffix != ".yml" or yaml.safe_load(text)
        if path.suffix == ".py":
            compile(text, path, "exec")
    settings = texts[deployment / "production.env"]
    for line in ("STACK_NAME=mysite", "DOMAIN_NAME=shop.example.org", "ACME_EMAIL=ada@example.org", "API_URL="):
        assert f"\n{line}\n" in settings
    assert settings.endswith("\nADMIN_URL=office/\nAPI_URL=\n")
    assert settings.count("ADMIN_URL=") == 1
    assert "STRIPE_KEY" not in settings
    assert "[STRIPE_KEY]" in texts[deployment / "secrets.toml"]
    assert (deployment / "stacks/nginx.yml").is_file()
    assert all([*folder.iterdir()] for folder in deployment.rglob("*") if folder.is_dir())
    status, printed = run("make", "--no-print-directory", "--directory", deployment)
    assert status == 0
    assert "deploy-check" in printed


@pytest.mark.parametrize("packages", ["requirements.txt", "uv.lock", "pyproject.toml"])
def test_dockerfile_follows_docker_s_practices(project, packages):
    write(project, SPLIT | {"uv.lock": "", "pyproject.toml": "", "locale/de/django.po": ""})
    assert main([f"PROJECT={project}", f"REQUIREMENTS={packages}"]) == 0
    status, printed = run(TOOLS / "hadolint", project / "deployment/Dockerfile")
    assert status == 0, printed
    text = (project / "deployment/Dockerfile").read_text()
    assert ("uv sync" in text) == (packages == "uv.lock")
    assert "compilemessages" in text


def test_database_driver_of_the_project_is_kept(project):
    assert main([f"PROJECT={project}"]) == 0
    added = project / "deployment/requirements.txt"
    assert "psycopg[binary]" in added.read_text()
    git(project, "clean", "--quiet", "-d", "--force")
    write(project, {"requirements.txt": "django>=6.0\npsycopg2>=2.9\n"})
    assert main([f"PROJECT={project}"]) == 0
    assert "psycopg" not in added.read_text()


def settings(project, more="", **variables):
    """Return the settings of the site, when the project's own have some lines ``more``."""
    with (project / "mysite/settings.py").open("a") as file:
        file.write(more)
    code = (
        "import json, deployment.serving.settings as found\n"
        "print(json.dumps({name: getattr(found, name) for name in dir(found) if name.isupper()}, default=str))"
    )
    known = {
        "DATABASE_URL": "postgres://mysite_1@postgres:5432/mysite",
        "DATABASE_PASSWORD": "p/ss:w@rd",
        "REDIS_URL": "redis://redis:6379/0",
        "REDIS_PASSWORD": "redis/",
        "DOMAIN_NAME": "shop.example.org",
        "SECRET_KEY": "new",
        "SECRET_KEY_FALLBACKS": "old",
    }
    environment = os.environ | known | variables
    done = subprocess.run([sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def adopted(project):
    assert main([f"PROJECT={project}"]) == 0
    return project


def test_settings_are_those_of_the_project_and_what_production_needs(adopted):
    found = settings(adopted, EMAIL_HOST="smtp.example.org", EMAIL_USE_TLS="yes")
    assert found["ROOT_URLCONF"] == "mysite.urls"
    assert found["DEBUG"] is False
    assert (found["SECRET_KEY"], found["SECRET_KEY_FALLBACKS"]) == ("new", ["old"])
    assert found["ALLOWED_HOSTS"] == ["shop.example.org"]
    database = found["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"], database["NAME"]) == ("mysite_1", "p/ss:w@rd", "mysite")
    assert found["CACHES"]["default"]["LOCATION"] == "redis://:redis%2F@redis:6379/0"
    assert "Manifest" in found["STORAGES"]["staticfiles"]["BACKEND"]
    mailer = found["MAILERS"]["default"]
    assert mailer["BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert mailer["OPTIONS"] | {"host": "smtp.example.org", "port": 587, "use_tls": True} == mailer["OPTIONS"]
    assert found["INSTALLED_APPS"][-1] == "deployment.serving"
    assert "deployment.serving.health.health" in found["MIDDLEWARE"]
    assert "deployment.serving.metrics.measure" not in found["MIDDLEWARE"]


def test_requests_are_counted_for_prometheus(adopted):
    found = settings(adopted, METRICS_PORT="8010")
    assert found["METRICS_PORT"] == 8010
    assert found["MIDDLEWARE"][1] == "deployment.serving.metrics.measure"
    code = "from deployment.serving import metrics, schedule_metrics, site_state; print(metrics.handler())"
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(adopted)}
    done = subprocess.run([sys.executable, "-c", code], cwd=adopted, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_settings_that_the_project_has_chosen_stay(adopted):
    found = settings(
        adopted,
        'import os\nDATABASES = {"default": {"ENGINE": "django.contrib.gis.db.backends.postgis", "CONN_MAX_AGE": 60, '
        '"ATOMIC_REQUESTS": True, "OPTIONS": {"pool": True}, "PASSWORD": "another"}, "more": {}}\n'
        'CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": os.environ["REDIS_URL"]}}\n'
        'STORAGES = {"staticfiles": {"BACKEND": "mysite.ManifestStorage"}}\n'
        'MIDDLEWARE.insert(0, "whitenoise.middleware.WhiteNoiseMiddleware")\n'
        'MAILERS = {"default": {"BACKEND": "anymail.backends.mailgun.EmailBackend"}}\n'
        'KEY = os.environ["DJANGO_SECRET_KEY"]\n',
    )
    database = found["DATABASES"]["default"]
    assert database["ENGINE"] == "django.contrib.gis.db.backends.postgis"
    assert (database["CONN_MAX_AGE"], database["ATOMIC_REQUESTS"], database["OPTIONS"]) == (60, True, {"pool": True})
    assert database["PASSWORD"] == "p/ss:w@rd"
    assert "more" in found["DATABASES"]
    assert found["CACHES"]["default"]["LOCATION"] == "redis://:redis%2F@redis:6379/0"
    assert found["STORAGES"]["staticfiles"]["BACKEND"] == "mysite.ManifestStorage"
    assert found["MIDDLEWARE"].count("whitenoise.middleware.WhiteNoiseMiddleware") == 1
    assert found["MAILERS"]["default"]["BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    assert found["KEY"] == "new"


# Before Django 6.1
NO_MAILERS = "del MAILERS\n"


def test_email_before_mailers(adopted):
    found = settings(adopted, NO_MAILERS, EMAIL_HOST="smtp.example.org", EMAIL_USE_TLS="yes")
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("smtp.example.org", 587, True)


def test_a_site_without_email_sends_none(adopted):
    nothing = "django.core.mail.backends.dummy.EmailBackend"
    assert settings(adopted, EMAIL_HOST="off")["MAILERS"]["default"] == {"BACKEND": nothing}
    assert settings(adopted, NO_MAILERS, EMAIL_HOST="off")["EMAIL_BACKEND"] == nothing
