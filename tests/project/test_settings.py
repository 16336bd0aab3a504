"""Each variable of a project with values that people set by mistake: a clear error at start, or pages that work."""

import json
import re
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.projects import EVERYTHING, grouped

# Reads a line of JSON with variables, starts the project with them in a child process, asks for its pages, and prints
# the error of the start, or the statuses. What is imported before the first line is there for all children.
SERVER = """
import json, os, sys, traceback
import django.forms, django.template, django.test, django.core.mail.backends.smtp, psycopg, redis, sentry_sdk, whitenoise.middleware

def ask(variables):
    os.environ.update(variables)
    try:
        django.setup()
        from django.conf import settings
        from django.core.management import call_command
        from django.test import Client
        settings.TRUSTED_PROXIES, settings.ADMIN_URL, settings.DEFAULT_FROM_EMAIL
    except Exception as error:
        return {"kind": type(error).__name__, "error": str(error)}
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    if not os.path.getsize(os.environ["DATABASE_FILE"]) and settings.DATABASES["default"]["NAME"] == os.environ["DATABASE_FILE"]:
        call_command("migrate", verbosity=0)
    host = settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "any.example")
    client = Client(headers={"host": host, "x-forwarded-for": "203.0.113.5"}, raise_request_exception=False)
    pages = ["/", "/accounts/login/", f"/{settings.ADMIN_URL}login/", "/livez"]
    return {"statuses": {page: client.get(page, secure=True).status_code for page in pages}}

for line in sys.stdin:
    reader, writer = os.pipe()
    if not os.fork():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.write(writer, json.dumps(ask(json.loads(line))).encode() or b"{}")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        print(answer.read(), flush=True)
    os.wait()
"""

JUNK = ["", "hunter2", "-1", "a\nb,;"]
# What looks right for one variable, and is not
WRONG = {
    "ADMIN_URL": ["/", "hunter2/../x"],
    "ALLOWED_HOSTS": [",", "hunter2.example:443"],
    "DATABASE_STATEMENT_TIMEOUT": ["90000", "1.5"],
    "DATABASE_URL": [
        "postgres://app:hunter2@db:5432",
        "postgres://app:hunter2@db:5432/",
        "postgres://app:hunter2@db:99999/app",
        "postgres://app:hunter2@db/app?hunter2=1",
        "mysql://app:hunter2@db/app",
        "sqlite://",
    ],
    "DOMAIN_NAME": ["https://hunter2.example"],
    "EMAIL_PORT": ["0", "65536", "25.0"],
    "REDIS_URL": ["http://hunter2", "redis://:hunter2@cache:port"],
    "SECRET_KEY": ["a" * 50],
}


@pytest.fixture(scope="module")
def ask(installed, tmp_path_factory):
    """A function that starts the project with some variables more, and returns what became of it."""
    project = installed(EVERYTHING)
    folder = tmp_path_factory.mktemp("settings")
    database = folder / "db.sqlite3"
    database.touch()
    good = {
        "DJANGO_SETTINGS_MODULE": f"{project.name}.config.production",
        "SECRET_KEY": "only-for-tests-" * 5,
        "DOMAIN_NAME": "www.example.com",
        "DATABASE_URL": f"sqlite:///{database}",
        "DATABASE_FILE": str(database),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_HOST": "mail.example.com",
        "S3_BUCKET_NAME": "bucket",
        "S3_REGION_NAME": "eu-central-1",
    }
    process = subprocess.Popen(
        [project.path / ".venv/bin/python", "-c", SERVER],
        cwd=project.path,
        env=project.environment(project.path / ".venv"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(**variables):
        print(json.dumps(good | variables), file=process.stdin, flush=True)
        return json.loads(process.stdout.readline())

    ask.good, ask.readme = good, (project.path / "README.md").read_text()
    yield ask
    process.stdin.close()
    process.wait(20)


def judge(name, value, answer):
    """Say what is wrong with an answer; nothing for an error that names the variable, or for pages that work."""
    if "statuses" in answer:
        return [(name, value, answer)] if max(answer["statuses"].values()) >= 400 else []
    clear = answer["kind"] == "ImproperlyConfigured" and f"  {name}: " in answer["error"]
    leaks = "hunter2" in answer["error"]
    return [] if clear and not leaks else [(name, value, answer)]


@pytest.mark.long
@pytest.mark.parametrize("combination", grouped([EVERYTHING]))
def test_a_mistake_is_an_error_at_start_or_does_no_harm(combination, ask):
    names = re.findall(r"^\| `([A-Z0-9_]+)`", ask.readme, re.MULTILINE)
    assert ask()["statuses"] == {"/": 200, "/accounts/login/": 200, "/admin/login/": 200, "/livez": 200}
    wrong = []
    for name in names:
        spaced = [f"  {ask.good[name]}\n"] if name in ask.good else []
        for value in JUNK + spaced + WRONG.get(name, []):
            wrong += judge(name, value, ask(**{name: value}))
        wrong += [(name, value) for value in WRONG.get(name, []) if "error" not in ask(**{name: value})]
    assert not wrong
    both = ask(EMAIL_USE_TLS="true", EMAIL_USE_SSL="true")
    assert not judge("EMAIL_USE_TLS", "true", both)
    assert "error" in both


@pytest.mark.long
@pytest.mark.parametrize("combination", grouped([EVERYTHING]))
def test_any_text_is_an_error_at_start_or_does_no_harm(combination, ask):
    names = re.findall(r"^\| `([A-Z0-9_]+)`", ask.readme, re.MULTILINE)
    texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(names), texts)
    def each(name, value):
        assert not judge(name, value, ask(**{name: value}))

    each()
