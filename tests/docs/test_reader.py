"""The guide is followed as a new user would, from an empty folder to a site on a server, and what it says comes true."""

import re
import shutil
import ssl
from http.client import HTTPSConnection
from socket import create_connection

import pytest

from support.guide import FOLLOWED, Reader, blocks
from support.processes import free_port
from support.projects import TEMPLATE
from support.server import SETTINGS, Operator, Server

pytestmark = [pytest.mark.docker, pytest.mark.long, pytest.mark.xdist_group("guide")]

DOMAIN = "shop.localhost"
OTHER_DOMAIN = "store.localhost"
# What is answered to what is asked
ANSWERS = {
    r"PAYMENT_KEY \(.*Enter for none\): ": "a-key",
    r"Enter for none\): ": "",
    r"\[y/N\] ": "y",
    "Username: ": "ada",
    "Email address: ": f"ada@{DOMAIN}",
    r"Password: ": "a-long-password",
    r"Password \(again\): ": "a-long-password",
    # psql
    "=# ": r"\q",
}
# Those that the server needs, whose engine may reach no registry
IMAGES = ("python:3.14-alpine", "postgres:18-alpine", "redis:8-alpine", "caddy:2-alpine", "restic/restic:0.19.1")


@pytest.fixture(scope="module")
def operator(tmp_path_factory):
    """Somebody with an SSH key."""
    return Operator(tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="module")
def server(operator):
    """A server that has just been rented."""
    server = Server("ddpt-guide", operator)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def reader(operator, server, tmp_path_factory):
    """The reader of the guide, in a clone of the template."""
    clone = tmp_path_factory.mktemp("reader") / "template"
    left_out = shutil.ignore_patterns(".venv", "build", ".git", "__pycache__", ".*_cache")
    shutil.copytree(TEMPLATE, clone, symlinks=True, ignore=left_out)
    name = {f"GIT_{who}_{what}": "ada@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    instead = {
        "203.0.113.5": server.address,
        "shop.example.com": DOMAIN,
        "store.example.com": OTHER_DOMAIN,
        "~/.ssh": str(operator.ssh),
        # the server is this computer, which is busy
        "make status": "make status STATUS_TIMEOUT=60",
        # what a provider has given out
        "make rotate-secret NAME=EMAIL": "DDPT_EMAIL_HOST_PASSWORD=other make rotate-secret NAME=EMAIL",
    }
    reader = Reader(clone, ANSWERS, instead, operator.shell | name | {"DJANGO_PORT": str(free_port())})
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def site(reader, server):
    """The site at the end of the tutorial."""
    for heading in ("Look at a generated project", "Generate your project"):
        reader.follow("tutorial", heading)
    # a container shares the clock and the memory of this machine
    settings = reader.where("deployment/provisioning/settings.yml")
    text = settings.read_text()
    for line, other in SETTINGS.items():
        text = text.replace(line, other)
    settings.write_text(text[: text.index("sysctl:")] + "sysctl:\n  net.core.somaxconn: 4096\n")
    reader.follow("tutorial", "Prepare the server")
    server.load(*IMAGES)
    for heading in ("Set up the site", "Deploy a change", "Back up", "Restore"):
        reader.follow("tutorial", heading)
    return reader


def status(server, path, domain=DOMAIN):
    """Return the status of a page of the site."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection(domain, timeout=30)
    connection.sock = context.wrap_socket(create_connection((server.address, 443), 30), server_hostname=domain)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_tutorial(site, server):
    """The second release is there, a backup is verified, and the deleted user is back."""
    assert status(server, "/catalogue/") == 200
    assert re.search(r"^2 +[0-9a-f]{12} .* current", site.printed, re.MULTILINE)
    assert re.search(r" verified\r?$", site.printed, re.MULTILINE)
    assert re.search(r"restore +\d+\.\d s +\d+ rows of \d+ tables", site.printed)
    counted = site.type("make manage CMD=\"shell --command 'print(User.objects.count())'\"")
    assert counted.rstrip().endswith("1")


def test_data_moves(site, server):
    """What the old site writes is loaded by the new one; here both are one."""
    [dump] = [block.text for block in blocks("how-to/move") if "dumpdata" in block.text]
    arguments = dump.removeprefix("python manage.py ").replace("--output data.json", "")
    site.type(f'make --silent manage CMD="{arguments}" > data.json')
    site.follow("how-to/move", "The data")
    assert "Installed" in site.printed
    assert status(server, "/") == 200


@pytest.mark.parametrize("page", FOLLOWED[1:])
def test_page(site, server, page):
    """Its commands end well on the site of the tutorial, and leave it in order."""
    site.follow(page)
    assert status(server, "/") == 200
    site.type("make status")


def test_site_moves_to_another_domain(site, server):
    """The old domain leads to the new one."""
    site.follow("how-to/domain", "Another domain for the site")
    assert status(server, "/", OTHER_DOMAIN) == 200
    assert status(server, "/") == 301
