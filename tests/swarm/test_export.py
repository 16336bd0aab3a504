"""A site under load leaves the swarm: to Compose on the same volumes, then to a server that has nothing but the export."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from support.backups import add_data, dump, uploads
from support.engine import docker
from support.projects import EVERYTHING, NGINX, NOTHING
from support.site import Site
from support.traffic import Traffic

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("export")]

# Prints the cookie of a user who has logged in.
LOG_IN = """
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
client = Client()
client.force_login(get_user_model().objects.filter(is_superuser=True).get())
print(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
"""
ADD_USER = """
from django.contrib.auth import get_user_model
User = get_user_model()
User(**{User.USERNAME_FIELD: "ada@example.com", "is_superuser": True, "is_staff": True}).save()
"""


class ExportedSite(Site):
    """A site in the swarm, and once it has left in the folder that the export wrote."""

    exported: Path | None = None

    def compose(self, *arguments):
        """Run `docker compose` in that folder."""
        return docker("compose", "--project-directory", str(self.exported), *arguments, errors=True)

    def containers(self, name):
        """Return the ids of the running containers of a service, wherever it runs."""
        if not self.exported:
            return super().containers(name)
        labels = {"project": self.stack, "service": name}
        filters = [f"--filter=label=com.docker.compose.{label}={value}" for label, value in labels.items()]
        return docker("ps", "--quiet", "--no-trunc", *filters).split()

    def python(self, code):
        """Run code in a container of Django, and return the last line that it prints."""
        shell = ["python", "manage.py", "shell", "--no-imports", "--command", code]
        return "".join(docker("exec", self.containers("django")[0], *shell).splitlines()[-1:])

    def follow(self, heading):
        """Type the first block for the shell below a heading of the exported README.md that has no other server in it."""
        section = (self.exported / "README.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
        blocks = [block for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) if "ssh" not in block]
        lines = [line for line in blocks[0].splitlines() if not line.strip().startswith("make ")]
        done = subprocess.run(
            ["bash", "-ec", "\n".join(lines)],
            cwd=self.exported,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        print(done.stdout, done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module", params=[EVERYTHING, NOTHING | {NGINX}], ids=["caddy", "nginx"])
def site(request, engine, tmp_path_factory):
    """A site with data, and a user who may see the admin."""
    folder = tmp_path_factory.mktemp("export")
    site = ExportedSite(folder, "proof-export", request.param, HTTP_PORT="8680", HTTPS_PORT="8643")
    site.add_proof()
    try:
        site.make("setup", YES="1")
        add_data(site)
        site.python(ADD_USER)
        yield site
    finally:
        if site.exported:
            site.compose("down", "--volumes", "--remove-orphans")
        site.remove()


def serves(site):
    """Serve a load for some seconds, and take an upload; return what failed."""
    docker("exec", site.containers("django")[0], "touch", "/srv/media/new")
    traffic = Traffic(site.url, rate=50)
    traffic.start()
    with traffic.watch("Compose") as seen:
        assert site.ask("/proof/after/", "POST", b"x", Idempotency_Key="1").status == 201
    traffic.stop()
    return seen.failures


def test_site_leaves_the_swarm(site, tmp_path):
    traffic = Traffic(site.url, rate=float(os.environ.get("PROOF_RATE", "50")))
    traffic.start()
    with traffic.watch("export") as seen:
        site.make("backup")
        site.make("export", FOLDER=str(tmp_path / "first"))
    assert seen.failures == []
    traffic.stop()
    cookie = site.python(LOG_IN)
    assert site.ask("/admin/", Cookie=cookie).status == 200
    assert site.ask("/admin/").status == 302

    start = time.monotonic()
    site.make("maintenance-on", "backup")
    site.make("export", FOLDER=str(tmp_path / "last"))
    before, files = dump(site), uploads(site)
    site.make("stack-rm", YES="1")
    site.exported = tmp_path / "last"
    site.follow("On the server where the site runs")
    print(f"PROOF maintenance, backup, export, and Compose on the same volumes: {time.monotonic() - start:.0f} s")
    assert dump(site) == before
    assert uploads(site) == files
    assert site.ask("/admin/", Cookie=cookie).status == 200
    assert serves(site) == []

    site.compose("down", "--volumes")
    site.make("stack-rm", EVERYTHING="1", CONFIRM=site.stack)
    assert not docker("volume", "ls", "--quiet", "--filter", f"name={site.stack}_")
    start = time.monotonic()
    site.follow("On another server")
    site.compose("up", "--detach", "--wait")
    print(f"PROOF Compose, restored from the backup in the export: {time.monotonic() - start:.0f} s")
    assert dump(site) == before
    assert uploads(site) == files
    assert site.ask("/admin/", Cookie=cookie).status == 200
    assert serves(site) == []
    # as the swarm had it
    settings = docker(
        "inspect", "--format", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.Memory}}", *site.containers("django")
    )
    assert set(settings.split()) == {"true", str(512 * 1024**2)}
    assert "/opt/backups/" not in site.compose("exec", "-T", "backups", "/opt/backups/backup", "manual")
