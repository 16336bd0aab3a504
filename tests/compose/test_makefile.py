"""Every target of the Makefile does in Docker what its line of help says."""

import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pexpect
import pytest

from support.compose import PACKAGE, until_seen

# Seconds after which Docker kills a container that did not stop
KILLED_AFTER = 10


def owner(path: Path) -> int:
    """Return who owns a file."""
    return path.stat().st_uid


def test_build_makes_an_image_whose_user_is_the_owner_of_the_folder(built):
    command = ["docker", "run", "--rm", f"{built.name}-django", "sh", "-c", "id -u; id -un; pwd"]
    assert subprocess.check_output(command, text=True).split() == [str(owner(built.folder)), "django", "/app"]


def test_run_shows_the_logs_and_ends_by_ctrl_c(another):
    with another.terminal("run") as terminal:
        terminal.expect("Debugger is active", timeout=120)
        # one list of URLs, none of the containers, and nothing of other servers or of Compose's own keys
        printed = re.sub(r"\x1b\[[\d;]*m", "", terminal.before)
        assert set(re.findall(r"http://\S+", printed)) == {
            f"http://localhost:{port}" for port in (another.django_port, another.mailpit_port)
        }
        assert set(re.findall(r"(\S+)-1 +\|", printed)) == {"django"}
        assert "Watch" not in printed
        assert "<!doctype html>" in another.site.get()
        terminal.sendintr()
        start = time.monotonic()
        terminal.expect_exact(pexpect.EOF)
        assert time.monotonic() - start < KILLED_AFTER
    assert another.running() == []


def test_rund_returns_once_the_site_answers(project):
    assert project.running() == ["django", "mailpit", "postgres", "redis"]
    assert project.make("rund").endswith(
        f"Ready:\n  django    http://localhost:{project.django_port}\n  mailpit   http://localhost:{project.mailpit_port}\n"
    )
    published = re.findall(r"(\S+):(\d+)->", project.compose("ps", "--format", "{{.Ports}}"))
    assert {host for host, _ in published} == {"127.0.0.1"}
    assert {int(port) for _, port in published} == {project.django_port, project.mailpit_port}
    assert project.site.get("/livez") == "ok"


def test_two_projects_run_side_by_side_and_stop_ends_one(project, another):
    another.make("rund")
    assert another.site.get("/livez") == project.site.get("/livez") == "ok"
    start = time.monotonic()
    another.make("stop")
    assert time.monotonic() - start < KILLED_AFTER
    assert another.running() == []
    assert project.site.get("/livez") == "ok"


def test_first_run_makes_a_database_to_work_with(project, superuser):
    assert project.inside("python", "manage.py", "migrate", "--check") == ""
    page = project.site.submit("/admin/login/?next=/admin/", username=superuser, password="a")
    assert 'action="/admin/logout/"' in page


@pytest.mark.long
def test_repeated_first_run_changes_nothing(project, superuser):
    change = "from django.contrib.auth import get_user_model as g; u = g().objects.get(email='a@example.com'); u.name = 'Changed'; u.save()"
    project.inside("python", "manage.py", "shell", "--no-imports", "--command", change)
    output = project.make("first-run", YES="1")
    assert f"The user {superuser} exists already and is unchanged." in output
    assert "Traceback" not in output
    show = "from django.contrib.auth import get_user_model as g; print(g().objects.get(email='a@example.com').name)"
    assert project.inside("python", "manage.py", "shell", "--no-imports", "--command", show) == "Changed\n"


def test_first_run_works_before_anything_runs(another, superuser):
    output = another.make("first-run", YES="1")
    assert "Applying users.0001_initial... OK" in output
    assert f"Added the superuser {superuser} with the password a." in output


@pytest.mark.parametrize("target", ["first-run", "remove-full"])
def test_dangerous_targets_ask(project, target):
    assert "Confirmation required: add YES=1" in project.make(target, check=False)
    with project.terminal(target) as terminal:
        terminal.expect("This (applies|removes)")
        terminal.expect(r"Continue\? \[y/N\] ")
        terminal.sendline("")
        terminal.expect("Nothing was done.")
        terminal.expect(pexpect.EOF)
        assert "Error" not in terminal.before
        assert terminal.wait() == 0
    assert project.running() == ["django", "mailpit", "postgres", "redis"]


def test_logs_follow(project):
    with project.terminal("logs") as terminal:
        terminal.expect("Debugger is active")
        project.site.get("/a-page-that-is-not-there")
        terminal.expect("a-page-that-is-not-there")


@pytest.mark.long
def test_logs_end_where_no_container_runs(another):
    another.make("rund")
    another.make("stop")
    output = another.make("logs", timeout=60)
    assert "Debugger is active" in output
    assert output.endswith("No container is running → make rund\n")


def test_debug_talks_to_a_breakpoint(project):
    view = "\n\ndef paused(request):\n    answer = 6 * 7\n    breakpoint()\n    return HttpResponse(f'went on with {answer}')\n"
    with (
        project.changed(
            f"{PACKAGE}/core/urls.py",
            lambda code: code.replace(
                "urlpatterns = [",
                f"from django.http import HttpResponse{view}\nurlpatterns = [\n    path('paused', paused),",
            ),
        ) as file,
        project.terminal("debug") as terminal,
    ):
        until_seen(file, lambda: "paused" in project.site.get("/a-page-that-is-not-there"))
        pages = []
        request = threading.Thread(target=lambda: pages.append(project.site.get("/paused")))
        request.start()
        terminal.expect("ipdb>")
        terminal.send("p answer\r")
        terminal.expect("42\r\n")
        terminal.send("c\r")
        request.join(20)
        assert pages == ["went on with 42"]
        terminal.sendintr()
        terminal.expect_exact(pexpect.EOF)
    assert project.running() == ["django", "mailpit", "postgres", "redis"]


def test_enter_opens_a_shell(project):
    with project.terminal("enter") as terminal:
        terminal.sendline('echo "$(id -un) is in $(pwd)"')
        terminal.expect("django is in /app")
        terminal.sendline("false")
        terminal.sendline("exit")
        assert terminal.wait() == 0


def test_enter_root_opens_a_shell_as_root(project):
    with project.terminal("enter-root") as terminal:
        terminal.sendline('echo "$(id -un) is in $(pwd)"')
        terminal.expect("root is in /app")


def test_shell_knows_the_models(project):
    with project.terminal("shell") as terminal:
        terminal.expect("In .*1.*: ", timeout=60)
        terminal.sendline("print(User.__module__, 6 * 7)")
        terminal.expect(rf"{PACKAGE}\.users\.models 42")
        terminal.sendeof()


def test_migrations_belong_to_the_user_of_the_host(project):
    migrations = project.folder / PACKAGE / "users/migrations"
    before = set(migrations.glob("*.py"))
    with project.changed(
        f"{PACKAGE}/users/models.py",
        lambda code: code + "\n    nickname = models.CharField(max_length=9, default='')\n",
    ):
        try:
            project.make("makemigrations")
            (new,) = set(migrations.glob("*.py")) - before
            assert owner(new) == owner(project.folder)
            assert "nickname" in new.read_text()
            project.make("migrate")
            assert "nickname" in project.compose("exec", "postgres", "psql", "-U", PACKAGE, "-c", r"\d users_user")
        finally:
            project.inside("python", "manage.py", "migrate", "users", "0001")
            for new in set(migrations.glob("*.py")) - before:
                new.unlink()


def test_a_new_app_belongs_to_the_user_of_the_host_and_serves_its_page(project):
    files = [project.folder / PACKAGE / "config" / name for name in ("base.py", "urls.py")]
    before = {file: file.read_text() for file in files}
    app = project.folder / PACKAGE / "blog"
    try:
        assert "→ make migrate, then see /blog/" in project.make("app", "NAME=blog")
        assert {owner(path) for path in [app, *app.rglob("*"), *files]} == {owner(project.folder)}
        project.make("migrate")
        until_seen(files[1], lambda: "There are no entries yet." in project.site.get("/blog/"))
    finally:
        project.inside("python", "manage.py", "migrate", "blog", "zero")
        for file, text in before.items():
            file.write_text(text)
        shutil.rmtree(app)
    until_seen(files[1], lambda: "There are no entries yet." not in project.site.get("/blog/"))


def test_superuser_asks_for_a_user(project, superuser):
    """It says at once that a login is taken, in any case."""
    with project.terminal("superuser") as terminal:
        if superuser == "a":
            login, questions = "Username", [("Username", "ada"), ("Email", "ada@example.com")]
        else:
            login, questions = "Email", [("Email", "ada@example.com")]
        terminal.expect(login)
        terminal.sendline(superuser.upper())
        terminal.expect("is already taken")
        for question, answer in [*questions, ("Password:", "correct horse battery")]:
            terminal.expect(question)
            terminal.sendline(answer)
        terminal.expect("again")
        terminal.sendline("correct horse battery")
        terminal.expect("created successfully")


def test_the_shipped_tests_pass_on_postgresql_and_redis(project):
    output = project.make("coverage")
    assert re.search(r"\d+ passed", output)
    assert re.search(r"^TOTAL .*%$", output, re.MULTILINE)


def test_some_of_the_tests_can_be_run(project):
    output = project.make("test", "ARGS=-n 0 -k livez")
    assert re.search(r"[1-9]\d* passed, .*[1-9]\d* deselected", output)


@pytest.mark.long
def test_check_passes_and_lists_all_failures(project):
    assert "All checks passed." in project.make("check")
    with project.added(f"{PACKAGE}/core/bad.py", "import os\nx: int = ''\n"):
        output = project.make("check", check=False)
    assert re.findall("^Failed: (.*)", output, re.MULTILINE) == ["Format (make format)", "Lint", "Types"]


@pytest.mark.long
def test_format_and_format_diff(project, tmp_path):
    assert project.make("format") == project.make("format-diff") == "All files are formatted.\n"
    # Ruff drops the import and Black the spaces; djade does its part
    code, template = f"{PACKAGE}/core/ugly.py", f"{PACKAGE}/core/templates/ugly.html"
    with (
        project.added(code, "import os\nx = {  'a':1 }\n"),
        project.added(template, "<p>{{x}}</p>\n"),
    ):
        for name in (code, template):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(project.folder / name, tmp_path / name)
        diff = project.make("format-diff")
        assert (project.folder / code).read_text() == (tmp_path / code).read_text()
        assert sorted(project.make("format").splitlines()) == sorted([f"Formatted {code}", f"Formatted {template}"])
        assert (project.folder / code).read_text() == 'x = {"a": 1}\n'
        # the diff is exactly what formatting did
        subprocess.run(["git", "apply", "-p0"], cwd=tmp_path, input=diff, text=True, check=True)
        for name in (code, template):
            assert (project.folder / name).read_text() == (tmp_path / name).read_text()
        (project.folder / code).write_text("x = (\n")
        output = project.make("format", check=False)
        assert f"Python 3.12: {code}:1:5" in output


def test_messages_are_collected_and_compiled(project):
    language = project.folder / "locale/de/LC_MESSAGES"
    try:
        project.make("messages", "LOCALE=de")
        catalogue = language / "django.po"
        assert owner(catalogue) == owner(project.folder)
        text, found = re.subn(r'msgid "Log in"\nmsgstr ""', 'msgid "Log in"\nmsgstr "Anmelden"', catalogue.read_text())
        assert found == 1
        catalogue.write_text(text)
        project.make("messages")
        assert project.make("compilemessages").endswith("The translations in locale/ are compiled.\n")
        assert b"Anmelden" in (language / "django.mo").read_bytes()
    finally:
        project.inside("rm", "-rf", "locale/de")


def test_lists_of_packages(project):
    tree = project.make("list-packages")
    assert re.search(r"^django-permissions-policy v", tree, re.MULTILINE)
    assert re.search(r"^[├│└].* django v6\.1", tree, re.MULTILINE)
    project.make("list-outdated")


def test_py_info(project):
    info = project.make("py-info")
    assert re.search(r"^Python 3\.14\..* /opt/venv/bin/python", info, re.MULTILINE)
    assert re.search(r"^Django 6\.1", info, re.MULTILINE)


def test_clean_py(project):
    left = [project.folder / name for name in (f"{PACKAGE}/core/__pycache__/x.pyc", ".mypy_cache/x", ".ruff_cache/x")]
    kept = [project.folder / name for name in (".venv/lib/__pycache__/x.pyc", f"{PACKAGE}/core/views.py")]
    for path in [*left, *kept]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert "Removed the caches and reports" in project.make("clean-py")
    assert not any(path.parent.exists() for path in left)
    assert all(path.exists() for path in kept)


def test_flush_cache(project):
    project.inside(
        "python",
        "manage.py",
        "shell",
        "--no-imports",
        "--command",
        "from django.core.cache import cache; cache.set('kept', 1, None)",
    )
    assert int(project.compose("exec", "redis", "redis-cli", "dbsize")) >= 1
    assert project.make("flush-cache") == "The cache is empty.\n"
    assert int(project.compose("exec", "redis", "redis-cli", "dbsize")) == 0


def test_housekeeping(project):
    assert re.fullmatch(
        r"Deleted \d+ expired sessions and \d+ expired counts of attempts\.\n", project.make("housekeeping")
    )


def test_fix_volume_permission(project):
    project.inside("sh", "-c", "mkdir -p /srv/media/photos && touch /srv/media/photos/root.png root.txt", user="root")
    root = project.folder / "root.txt"
    try:
        assert owner(root) == 0
        assert "The user django owns the media volume" in project.make("fix-volume-permission")
        assert owner(root) == owner(project.folder)
        project.inside("touch", "/srv/media/photos/root.png", "/srv/media/photos/mine.png")
    finally:
        root.unlink()


def test_remove_keeps_the_data_and_remove_full_does_not(another):
    def has(kind: str) -> bool:
        return another.name in subprocess.check_output(
            ["docker", kind, "ls", *(["--all"] if kind == "container" else [])], text=True
        )

    another.make("rund")
    another.inside("python", "manage.py", "migrate")
    another.make("remove")
    assert (has("container"), has("volume"), has("network")) == (False, True, True)
    another.make("rund")
    assert another.inside("python", "manage.py", "migrate", "--check") == ""
    output = another.make("remove-full", YES="1")
    assert "with the development database and the media files" in output
    assert (has("container"), has("volume"), has("network")) == (False, False, False)
