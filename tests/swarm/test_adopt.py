"""Projects that no template of this repository made are deployed without a failed request, once they were adopted."""

import json
import re
from collections import Counter

import pytest

from support.adopted import AdoptedSite, cookiecutter_django, startproject
from support.engine import docker
from support.exported import Exported

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("adopt")]

PORTS = {"HTTP_PORT": "8580", "HTTPS_PORT": "8543"}
PROJECTS = {
    "startproject": (startproject, "mysite/settings.py", "mysite/urls.py"),
    "cookiecutter-django": (cookiecutter_django, "config/settings/base.py", "config/urls.py"),
}


class LeavingSite(Exported, AdoptedSite):
    """The site of a project that was adopted, which leaves the swarm in the end."""


@pytest.fixture(scope="module", params=PROJECTS)
def site(request, engine, tmp_path_factory):
    """The site of a project that was adopted and set up."""
    make, settings, urls = PROJECTS[request.param]
    folder = tmp_path_factory.mktemp("adopted")
    site = LeavingSite(folder, f"proof-{request.param[:6]}", make, settings, urls, **PORTS)
    site.adopt()
    site.add_proof()
    try:
        if request.param == "cookiecutter-django":
            printed = site.refuse("setup", YES="1")
            assert "write values for DJANGO_ADMIN_URL into deployment/production.env" in printed
            site.edit("deployment/production.env", "DJANGO_ADMIN_URL=\n", "DJANGO_ADMIN_URL=admin/\n")
            site.commit("settings")
        site.make("setup", YES="1")
        yield site
    finally:
        site.remove()


def test_release_under_load(site, traffic):
    expected = site.change()
    with traffic.watch("a release of an adopted project") as seen:
        site.make("deploy-check")
        site.make("deploy")
        assert site.release() == expected
    assert seen.failures == []


def test_rollback_under_load(site, traffic):
    with traffic.watch("a rollback of an adopted project") as seen:
        site.make("rollback", YES="1")
        assert site.release() == "0"
        site.make("deploy")
        assert site.release() == str(site.number)
    assert seen.failures == []


def test_rotated_secrets_cost_no_request_and_no_session(site, traffic):
    answer = site.ask("/proof/who/")
    cookie = re.search(r"[\w-]*sessionid=[^;]+", answer.headers["Set-Cookie"])[0]
    with traffic.watch("rotated secrets of an adopted project") as seen:
        site.make("rotate-secret", NAME="SECRET_KEY")
        site.make("rotate-secret", NAME="DATABASE_PASSWORD")
    assert seen.failures == []
    assert site.ask("/proof/who/", Cookie=cookie).json()["visits"] == 2


def test_django_knows_the_client_and_https(site):
    honest, forged = site.ask("/proof/who/").json(), site.ask("/proof/who/", X_Forwarded_For="203.0.113.9").json()
    [caddy] = json.loads(docker("inspect", *site.containers("caddy")))
    assert honest["scheme"] == "https"
    assert honest["address"] == forged["address"] != "203.0.113.9"
    assert honest["address"] not in {one["IPAddress"] for one in caddy["NetworkSettings"]["Networks"].values()}
    assert "Secure" in site.ask("/proof/who/").headers["Set-Cookie"]
    assert site.ask("/readyz").status == 404


def test_static_files_are_those_of_the_proxy(site):
    login = site.ask("/admin/login/", Accept="text/html")
    if login.status == 302:
        login = site.ask(login.headers["Location"])
    names = re.findall(r"/static/[^\"'?#]+\.css", login.text)
    assert names
    for name in names:
        assert "immutable" in site.ask(name).headers["Cache-Control"]
    # By its own name, as templates without {% static %} have it
    assert site.ask("/static/admin/css/base.css").status == 200


def test_backups_jobs_and_commands_work(site):
    site.make("backup")
    site.make("restore-drill")
    assert "System check identified no issues" in site.make("manage", CMD="check")
    assert "No migrations to apply" in site.make("manage-job", CMD="migrate")
    # there is no page at /
    status, printed = site.attempt("status", SMOKE_TEST_PATH="/proof/")
    assert "check_backup" in printed
    assert status == 0, printed


def test_every_id_was_stored_once(site, traffic):
    """The last test under load, which it ends."""
    traffic.stop()
    stored = Counter(site.stored())
    assert not [name for name in traffic.stored if stored[name] != 1]
    assert traffic.stored


def test_site_leaves_the_swarm(site, tmp_path):
    stored = Counter(site.stored())
    site.make("maintenance-on", "backup")
    site.make("export", FOLDER=str(tmp_path / "export"))
    site.make("stack-rm", YES="1")
    site.exported = tmp_path / "export"
    site.follow("On the server where the site runs")
    assert Counter(site.stored()) == stored
    assert site.ask("/proof/after/", "POST", b"x").status == 201
    assert site.ask("/static/admin/css/base.css").status == 200
