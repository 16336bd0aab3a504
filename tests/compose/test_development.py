"""Working on the project in its containers: changes, mistakes, the toolbar, mail, and a slow database."""

import json
import os
import re
import threading
from collections.abc import Callable

import pytest

from support.chromium import patient
from support.compose import PACKAGE, Browser, until_seen
from support.processes import until

URLS = f"{PACKAGE}/core/urls.py"


def answering(text: str) -> Callable[[str], str]:
    """Return a change of urls.py that makes /probe answer with a text."""
    view = f'path("probe", lambda request: HttpResponse("{text}")),'
    return lambda code: code.replace("urlpatterns = [", f"from django.http import HttpResponse\nurlpatterns = [{view}")


def test_a_change_of_the_code_is_served(project):
    """Also while an editor keeps its lock file beside the code: a link to nothing, as Emacs makes it."""
    lock = project.folder / PACKAGE / "core/.#urls.py"
    with project.changed(URLS, answering("first")) as file:
        until_seen(file, lambda: project.site.get("/probe") == "first")
        lock.symlink_to("ada@laptop.1234")
        try:
            file.write_text(file.read_text().replace("first", "second"))
            until_seen(file, lambda: project.site.get("/probe") == "second")
            file.write_text(file.read_text().replace("second", "third"))
            until_seen(file, lambda: project.site.get("/probe") == "third")
        finally:
            lock.unlink()


@pytest.mark.parametrize(
    "path",
    [
        URLS,
        f"{PACKAGE}/config/base.py",
        pytest.param(f"{PACKAGE}/users/models.py", marks=pytest.mark.long),
    ],
)
def test_a_syntax_error_does_not_end_the_container(project, path):
    container = project.compose("ps", "--quiet", "django")
    mistake = f"def broken_{len(path)}"
    with project.changed(path, lambda code: f"{code}\n{mistake}(") as file:
        until_seen(file, lambda: mistake in project.compose("logs", "--tail", "60", "django"))
    until_seen(file, lambda: "Home" in project.site.get())
    assert project.compose("ps", "--quiet", "--status", "running", "django") == container


def test_a_change_is_served_while_a_request_waits_in_a_breakpoint(project):
    def pausing(code: str) -> str:
        view = "\n\ndef paused(request):\n    breakpoint()\n"
        return answering("mended")(code).replace(
            "\nurlpatterns = [", f"{view}\nurlpatterns = [\n    path('paused', paused),"
        )

    with project.changed(URLS, pausing) as file:
        until_seen(file, lambda: project.site.get("/probe") == "mended")
        request = threading.Thread(target=lambda: project.site.get("/paused"))
        request.start()
        until(lambda: "breakpoint()" in project.compose("logs", "--tail", "9", "django"))
    until(lambda: "Page not found" in project.site.get("/probe"))
    request.join(20)
    log = project.compose("logs", "--tail", "30", "django")
    assert "The server did not reload because a request waits" in log


def test_an_exception_opens_the_debugger(project):
    def failing(code: str) -> str:
        return code.replace("urlpatterns = [", 'urlpatterns = [path("fails", lambda request: 1 / 0),')

    with project.changed(URLS, failing) as file:
        until_seen(file, lambda: "ZeroDivisionError" in project.site.get("/fails"))
        assert "The debugger caught an exception in your WSGI application" in project.site.get("/fails")


@patient
def test_the_debug_toolbar_shows_in_the_browser(project, chromium):
    page = chromium.new_page()
    problems = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(project.site.address)
    page.locator("#djShowToolBarButton").click()
    page.locator("#djdt-SQLPanel").click()
    page.locator("#SQLPanel").get_by_text(
        re.compile("django_migrations|SELECT|queries", re.IGNORECASE)
    ).first.wait_for()
    assert problems == []
    page.close()


@patient
def test_mail_is_readable_in_the_inbox(project, chromium):
    """By its API, and in a browser."""
    project.site.submit("/accounts/password_reset/", email="a@example.com")
    inbox = Browser(f"http://localhost:{project.mailpit_port}")
    until(lambda: json.loads(inbox.get("/api/v1/messages"))["total"] >= 1)
    message = json.loads(inbox.get("/api/v1/messages"))["messages"][0]
    assert message["To"][0]["Address"] == "a@example.com"
    text = json.loads(inbox.get(f"/api/v1/message/{message['ID']}"))["Text"]
    link = re.search(rf"http://localhost:{project.django_port}(/accounts/reset/\S+)", text)
    assert 'name="new_password1"' in project.site.get(link[1])
    page = chromium.new_page()
    page.goto(inbox.address)
    page.get_by_text(message["Subject"]).first.wait_for()
    page.close()


@pytest.mark.long
def test_a_database_that_is_not_up_yet_delays_the_start(another):
    slow = another.folder / "docker-compose.slow.yml"
    slow.write_text("services: {postgres: {entrypoint: [sh, -c, 'sleep 8; exec docker-entrypoint.sh postgres']}}\n")
    another.make("rund", COMPOSE_FILE=os.pathsep.join(["docker-compose.yml", slow.name]))
    assert another.site.get("/livez") == "ok"
    another.make("migrate")
    assert json.loads(another.site.get("/readyz")) == {"database": "ok", "cache": "ok", "migrations": "ok"}
