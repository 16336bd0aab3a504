"""`make ci` runs what CI runs, in containers of its own, and leaves none behind."""

import os
import re

import pytest

from support.compose import PACKAGE
from support.engine import docker

pytestmark = [pytest.mark.parametrize("base_image", ["alpine"], indirect=True), pytest.mark.long]

# Stands in for Grype, whose image and database come from registries that the tests do not reach: it asks the engine for
# the image, and finds what a label says.
GRYPE = """
import http.client, json, socket, sys
engine = http.client.HTTPConnection("engine")
engine.sock = socket.socket(socket.AF_UNIX)
engine.sock.connect("/var/run/docker.sock")
engine.request("GET", "/images/" + sys.argv[1].removeprefix("docker:") + "/json")
print("scanned", json.load(engine.getresponse())["Config"]["Labels"]["org.opencontainers.image.title"], *sys.argv[2:])
"""

MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("users", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="colour",
            field=models.CharField({options}, max_length=9),
        ),
    ]
"""


@pytest.fixture(autouse=True)
def grype(another):
    """The image of the scanner."""
    name = re.search(r"anchore/grype:\S+", (another.folder / "bin/ci").read_text())[0]
    if docker("image", "ls", "--quiet", name):
        yield
        return
    dockerfile = another.folder.parent / "Dockerfile"
    dockerfile.write_text('FROM python:3.14-alpine\nCOPY grype.py /\nENTRYPOINT ["python", "/grype.py"]\n')
    (another.folder.parent / "grype.py").write_text(GRYPE)
    docker("build", "--quiet", "--tag", name, "--file", str(dockerfile), str(dockerfile.parent))
    yield
    docker("image", "rm", name)


@pytest.fixture
def release(another, git_config):
    """A function that commits what is in the project; it begins with the release that runs."""
    another.run("git", "init", "--quiet", **git_config)

    def commit():
        another.run("git", "add", "--all", **git_config)
        another.run("git", "commit", "--quiet", "--message", "A release", **git_config)
        return git_config | {"RUNNING": another.run("git", "rev-parse", "HEAD", **git_config).strip()}

    return commit


def add_field(project, options):
    """Add a field to the users, with its migration."""
    before = '    email = models.EmailField(_("email address"))\n'
    model = project.folder / PACKAGE / "users/models.py"
    text = model.read_text()
    assert before in text
    model.write_text(text.replace(before, f"{before}    colour = models.CharField(max_length=9, {options})\n"))
    migration = project.folder / PACKAGE / "users/migrations/0002_user_colour.py"
    migration.write_text(MIGRATION.format(options=options))
    os.chown(migration, project.folder.stat().st_uid, -1)


def left(project):
    """Return what `make ci` has left."""
    label = f"label=com.docker.compose.project={project.name}-ci"
    listed = [docker(*what, "--quiet", "--filter", label) for what in (("ps", "--all"), ("volume", "ls"))]
    listed.append(docker("image", "ls", "--quiet", f"{project.name}-ci"))
    return "".join([*listed, *(str(path) for path in project.folder.glob(".running"))])


def test_make_ci(another, release):
    """With a migration that the release that runs can work with."""
    running = release()
    add_field(another, 'db_default=""')
    release()
    printed = another.make("ci", timeout=1200, **running)
    assert re.findall("^== (.*)", printed, re.MULTILINE) == [
        "Image for development",
        "Checks",
        "Tests on PostgreSQL and Redis",
        "Tests of the release that runs, on the database of this change",
        "Known vulnerabilities of the locked packages",
        "Image for servers",
        "Known vulnerabilities of the image",
    ]
    assert "All checks passed." in printed
    assert printed.count(" passed in ") == 2
    assert "scanned awesome-project --only-fixed --fail-on high" in printed
    assert printed.rstrip().endswith("CI passed.")
    assert left(another) == ""


def test_make_ci_ends_where_the_release_that_runs_could_not_insert_a_row(another, release):
    running = release()
    # Django fills it in, and PostgreSQL does not
    add_field(another, 'default=""')
    printed = another.make("ci", check=False, timeout=1200, **running)
    assert 'null value in column "colour"' in printed
    assert f"The release that runs ({running['RUNNING']}) fails on the database of this change." in printed
    assert "Known vulnerabilities" not in printed
    assert not printed.endswith("\n0")
    assert left(another) == ""


def test_make_ci_ends_with_the_first_step_that_fails(another):
    with another.changed(f"{PACKAGE}/core/views.py", lambda text: f"{text}x=1\n"):
        printed = another.make("ci", check=False, timeout=600)
    assert "Failed: Format (make format)" in printed
    assert "Tests" not in printed
    assert not printed.endswith("\n0")
    assert left(another) == ""
