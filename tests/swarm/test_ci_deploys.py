"""Deploys by the project's GitHub workflow: two pushes, and a run that is cancelled."""

import json
import re
import shutil
import subprocess

import pytest

from support.engine import docker
from support.processes import until
from support.workflow import Run

pytestmark = [pytest.mark.site, pytest.mark.long]

# Stand in for GitHub: which commit the main branch is at, and its registry. All else is Docker's own.
PROGRAMS = {
    "gh": "#!/bin/sh\nexec git -C {origin} rev-parse HEAD\n",
    "docker": '#!/bin/sh\n[ "$1" != login ] || {{ cat >/dev/null; exit; }}\nexec {docker} "$@"\n',
}


@pytest.fixture
def start(site, tmp_path):
    """A function that starts the deploy of what is committed, as a push of it does; with a checkout, it runs that again."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(text.format(origin=site.project, docker=shutil.which("docker")))
        (programs / name).chmod(0o755)
    environment = site.shell.get("DDPT_ENVIRONMENT", "production")
    runs = []

    def start(checkout=None):
        if not checkout:
            checkout = tmp_path / f"checkout{len(runs)}"
            subprocess.run(["git", "clone", "--quiet", site.project, checkout], check=True)
        values = {
            f"vars.{environment.upper()}_HOST": "unix:///var/run/docker.sock",
            "vars.SSH_KNOWN_HOSTS": "none",
            "secrets.SSH_PRIVATE_KEY": "-----BEGIN none",
            "github.actor": "ada",
            "github.run_id": str(len(runs)),
        }
        revision = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=checkout, check=True, capture_output=True, text=True
        ).stdout.strip()
        runner = {"PATH": f"{programs}:{site.shell['PATH']}", "GITHUB_SHA": revision, "GITHUB_REPOSITORY": "acme/shop"}
        runs.append(Run(checkout, environment, values, site.shell | runner))
        return runs[-1]

    yield start
    for run in runs:
        run.wait()


def is_locked(site):
    """Tell whether somebody holds the lock of the site."""
    return site.service("lock") in docker("config", "ls", "--format", "{{.Name}}").split()


def test_two_pushes_deploy_in_order(site, start):
    site.change()
    first = start()
    until(lambda: is_locked(site), log=lambda: first.output)
    newest = site.change()
    second = start()
    assert first.wait().failed == "", first.output
    assert second.wait().failed == "", second.output
    assert site.release() == newest
    versions = re.findall(r"^\d+ +([0-9a-f]{12}) ", site.make("releases"), re.MULTILINE)
    expected = [site.git("rev-parse", "--short=12", revision) for revision in ("HEAD", "HEAD~1")]
    assert versions[:2] == expected
    # Who runs the older one again does not go back.
    assert start(first.checkout).wait().failed == "Stop if a newer commit is to be deployed"
    assert site.release() == newest
    site.make("deploy")


def is_rolling(site):
    """Tell whether containers of Django are being replaced."""
    found = json.loads(docker("service", "inspect", site.service("django")))[0]
    return found["UpdateStatus"]["State"] == "updating"


@pytest.mark.parametrize("moment", [is_locked, is_rolling])
def test_cancelled_run_leaves_no_lock(site, start, moment):
    before = site.release()
    newest = site.change()
    run = start()
    until(lambda: moment(site), 120, log=lambda: run.output)
    run.cancel()
    run.wait()
    assert not is_locked(site), run.output
    assert "unlocked" in site.attempt("status")[1]
    answer = site.ask("/proof/who/")
    assert (answer.status, answer.json()["release"] in (before, newest)) == (200, True)
    assert start(run.checkout).wait().failed == ""
    assert site.release() == newest
    site.make("deploy")
