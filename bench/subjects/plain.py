"""What `django-admin startproject` writes, with a home page, as it would be served without a template like this one."""

from pathlib import Path

from bench.subjects.environment import empty, run, variables
from bench.subjects.subject import Subject

# A new project has no page of its own outside of DEBUG.
HOME = """
from django.urls import path as bench_path
from django.views.generic import TemplateView
urlpatterns += [bench_path("", TemplateView.as_view(template_name="home.html"))]
"""
SETTINGS = """
DEBUG = False
ALLOWED_HOSTS = ["localhost"]
TEMPLATES[0]["DIRS"] = [BASE_DIR]
"""


def plain(folder: Path, venv: Path, home: str, workers: int) -> Subject:
    """Write the project with Django's command.

    Args:
        folder: where.
        venv: with Django and gunicorn.
        home: the HTML of its home page.
        workers: processes of the server.
    """
    project = empty(folder)
    environment = variables(venv, DJANGO_SETTINGS_MODULE="plain.settings", WEB_CONCURRENCY=str(workers))
    run(["django-admin", "startproject", "plain", "."], project, environment | {"DJANGO_SETTINGS_MODULE": ""})
    (project / "home.html").write_text("{% verbatim %}" + home + "{% endverbatim %}")
    for file, text in (("urls.py", HOME), ("settings.py", SETTINGS)):
        with (project / "plain" / file).open("a") as opened:
            opened.write(text)
    run(["python", "manage.py", "migrate", "--verbosity", "0"], project, environment)
    return Subject(
        name="plain",
        title="startproject",
        folder=project,
        venv=venv,
        environment=environment,
        server=("gunicorn", "plain.wsgi", "--bind", "127.0.0.1:{port}"),
        wsgi="plain.wsgi",
        paths={"home": "/", "login": "/admin/login/"},
        shows={"home": "Project Name", "login": 'name="username"'},
    )
