"""Static files that the proxy serves, without Django."""

import re

import pytest

from support.engine import docker

pytestmark = [pytest.mark.site, pytest.mark.long]

# Ask Django itself, as the proxy does.
ASK = """
import sys, urllib.error, urllib.request
headers = {"Host": "localhost", "X-Forwarded-Proto": "https"}
try:
    print(urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8000" + sys.argv[1], headers=headers)).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def statuses(site):
    """Return what the proxy and what Django answer for the static files of the home page."""
    paths = set(re.findall(r'"(/static/[^"]+)"', site.ask("/").text))
    assert paths
    [django, *_] = site.containers("django")
    asked = {docker("exec", django, "python", "-c", ASK, path).strip() for path in paths}
    return {site.ask(path).status for path in paths}, asked


def test_the_proxy_alone_serves_static_files(site):
    assert statuses(site) == ({200}, {"200"})
    production = site.project / "deployment/production.env"
    before = production.read_text()
    production.write_text(before + "STATIC_FILES=proxy\n")
    try:
        site.make("deploy-django")
        assert statuses(site) == ({200}, {"404"})
    finally:
        production.write_text(before)
        site.make("deploy-django")
