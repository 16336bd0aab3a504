"""`make app`: what it creates passes all checks, serves its page, and is whole or not there."""

import json
import re

import pytest
import requests

from support.projects import DEFAULTS, EVERYTHING, NOTHING, grouped

everything = pytest.mark.parametrize("combination", grouped([EVERYTHING]))

# Names of apps, with the class that configures each and the path of its page. Black must wrap lines with the last one.
APPS = {
    "blog": ("BlogConfig", "/blog/"),
    "blog_posts": ("BlogPostsConfig", "/blog-posts/"),
    "letters_to_the_editors_of_all_newspapers": (
        "LettersToTheEditorsOfAllNewspapersConfig",
        "/letters-to-the-editors-of-all-newspapers/",
    ),
}
# The command of `make app`, for each of NAMES in one process
TRIED = """
import json, os
from django.core.management import CommandError, call_command
errors = {}
for name in json.loads(os.environ["NAMES"]):
    try:
        call_command("startapp", name)
    except CommandError as error:
        errors[name] = str(error)
print(json.dumps(errors))
"""
ADMINS = """
from django.contrib import admin
print({type(one).__mro__[1].__module__ for model, one in admin.site._registry.items() if model.__name__ == "Entry"})
"""


def contents(project) -> dict[str, bytes]:
    """Return the files of a project, without those that Python leaves behind."""
    ignored = re.compile(r"\.venv|__pycache__|\.\w+_cache|db\.sqlite3")
    paths = [path for path in project.path.rglob("*") if not ignored.search(str(path.relative_to(project.path)))]
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in paths}


@pytest.mark.long
@pytest.mark.parametrize("combination", grouped([DEFAULTS, EVERYTHING, NOTHING]))
def test_apps_pass_all_checks_and_serve_their_pages(combination, project):
    for name, (config, path) in APPS.items():
        done = project.run("make", "app", f"NAME={name}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(rf"→ make migrate, then see {path} and /admin/{name}/entry/ ", done.stdout)
        assert f"class {config}(AppConfig):" in (project.path / project.name / name / "apps.py").read_text()
    for command in ("check", "coverage"):
        done = project.run("make", command)
        assert done.returncode == 0, done.stdout + done.stderr

    assert project.run("make", "migrate").returncode == 0
    theme = "unfold.admin" if "use_admin_theme" in combination else "django.contrib.admin.options"
    done = project.run("bin/run", "python", "manage.py", "shell", "--no-imports", "--command", ADMINS)
    assert done.stdout == f"{{'{theme}'}}\n", done.stderr
    with project.runserver() as address:
        for _, path in APPS.values():
            page = requests.get(address + path, timeout=20)
            assert page.status_code == 200
            assert "There are no entries yet." in page.text


@everything
def test_a_name_that_will_not_do_is_refused_before_anything_is_written(combination, project):
    before = contents(project)
    reasons = {
        "": "is not a valid app name",
        "Blog-1": "is not a valid app name",
        "3d": "is not a valid app name",
        "class": "is not a valid app name",
        "../blog": "is not a valid app name",
        "users": f"is taken: {project.name}/users exists",
        "conftest": f"is taken: {project.name}/conftest.py exists",
        "auth": "is taken: django.contrib.auth is installed",
        "json": "is taken: a Python module has that name",
        project.name: "is taken: a Python module has that name",
    }
    done = project.run("make", "app", "NAME=Blog-1")
    assert done.returncode != 0
    assert done.stderr.startswith("CommandError: 'Blog-1' is not a valid app name")
    assert done.stdout == ""

    done = project.run(
        "bin/run", "python", "manage.py", "shell", "--no-imports", "--command", TRIED, NAMES=json.dumps([*reasons])
    )
    errors = json.loads(done.stdout)
    for name, reason in reasons.items():
        why, command = errors[name].splitlines()
        assert why.startswith(f"'{name}' {reason}")
        assert re.fullmatch(r"→ make app NAME=[a-z0-9_]+", command)
    assert contents(project) == before


@everything
@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        (
            "project_name/development/app_template/models.py-tpl",
            "models.CharField",
            "models.NoField",
            "Nothing was added",
        ),
        ("project_name/development/app_template/urls.py-tpl", "{{ app_name }}", "{% app_name %}", "Nothing was added"),
        ("project_name/config/base.py", "INSTALLED_APPS = [", "INSTALLED_APPS: list[str] = [", "has no line"),
        ("project_name/config/urls.py", "urlpatterns = [", "urlpatterns: list = [", "has no line"),
    ],
)
def test_an_app_that_cannot_be_added_leaves_nothing_behind(combination, project, file, old, new, reason):
    path = project.path / file
    path.write_text(path.read_text().replace(old, new, 1))
    before = contents(project)
    done = project.run("make", "app", "NAME=blog")
    assert done.returncode != 0
    assert reason in done.stderr
    assert re.search(r"^→ \w", done.stderr, re.MULTILINE)
    assert contents(project) == before
