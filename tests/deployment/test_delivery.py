"""What a release does after it was rolled out."""

import pytest
from deploy import database, delivery, inside, static
from deploy.console import Console
from deploy.database import Migrations
from deploy.errors import DeployError
from deploy.image import Image
from deploy.site import Site


class Containers:
    """What was run in Django's containers; ``error`` is how that fails."""

    def __init__(self):
        self.ran = []
        self.error = None

    def output(self, site, name, command):
        self.ran.append([name, *command])
        if self.error:
            raise self.error
        return "Deleted 3 expired sessions."


@pytest.fixture
def containers(monkeypatch):
    """A delivery whose steps all succeed, and its containers."""
    containers = Containers()
    monkeypatch.setattr(delivery.git, "version", lambda folder: "abc")
    monkeypatch.setattr(delivery.release, "new", lambda *_, **__: Image("site:abc", "sha256:0"))
    monkeypatch.setattr(delivery, "replace", lambda candidate, **_: candidate)
    monkeypatch.setattr(delivery, "make_image", lambda *_: Image("site:abc", "sha256:0"))
    monkeypatch.setattr(delivery.hooks, "run", lambda *_, **__: None)
    monkeypatch.setattr(database, "migrate", lambda *_: Migrations([], []))
    monkeypatch.setattr(static, "publish", lambda *_: "")
    monkeypatch.setattr(delivery, "switch", lambda *_: "the release")
    monkeypatch.setattr(inside, "output", containers.output)
    return containers


def test_housekeeping_runs_after_each_release(containers, capsys):
    assert delivery.deliver(Site(None, None, Console())) == "the release"
    assert containers.ran == [["django", "python", "manage.py", "housekeeping"]]
    assert "Deleted 3 expired sessions." in capsys.readouterr().out


def test_housekeeping_that_fails_is_a_warning(containers, capsys):
    containers.error = DeployError("docker exec failed.", cause="no such table")
    assert delivery.deliver(Site(None, None, Console())) == "the release"
    printed = capsys.readouterr()
    assert "✗ housekeeping" in printed.out
    assert "no such table" in printed.err
    assert "make manage CMD=housekeeping" in printed.err
