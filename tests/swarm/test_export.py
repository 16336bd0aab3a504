"""A site under load leaves the swarm: to Compose on the same volumes, then to a server that has nothing but the export."""

import os
import time

import pytest

from support.backups import add_data, dump, uploads
from support.engine import docker
from support.exported import Exported
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


class ExportedSite(Exported, Site):
    """A site that leaves the swarm."""

    def python(self, code):
        """Run code in a container of Django, and return the last line that it prints."""
        shell = ["python", "manage.py", "shell", "--no-imports", "--command", code]
        return "".join(docker("exec", self.containers("django")[0], *shell).splitlines()[-1:])


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
