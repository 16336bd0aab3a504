"""Deploys from CI: two pushes, a run that is cancelled, and over SSH with a key that may do nothing else."""

import json
import re
import shutil
import subprocess

import pytest

from support.engine import docker
from support.processes import run, until
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
    for each in runs:
        each.wait()


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
    return found.get("UpdateStatus", {}).get("State") == "updating"


@pytest.mark.parametrize("moment", [is_locked, is_rolling])
def test_cancelled_run_leaves_no_lock(site, start, moment):
    before = site.release()
    newest = site.change()
    cancelled = start()
    until(lambda: moment(site), 120, log=lambda: cancelled.output)
    cancelled.cancel()
    cancelled.wait()
    assert not is_locked(site), cancelled.output
    assert "unlocked" in site.attempt("status")[1]
    answer = site.ask("/proof/who/")
    assert (answer.status, answer.json()["release"] in (before, newest)) == (200, True)
    assert start(cancelled.checkout).wait().failed == ""
    assert site.release() == newest
    site.make("deploy")


# A server's sshd, which starts the client of the engine of this machine.
SSHD = """FROM docker:28-dind
RUN if command -v apk; then apk add --no-cache openssh; else \\
    apt-get update -qq && apt-get install -qqy --no-install-recommends openssh-server && mkdir -p /run/sshd; fi
RUN ssh-keygen -A && mkdir -p -m 700 /root/.ssh
ENTRYPOINT ["/usr/sbin/sshd", "-D", "-e"]
"""


class SshServer:
    """A server that knows the key of CI, restricted as deployment/README.md says."""

    def __init__(self, site, folder):
        self.name, self.key = f"{site.stack}-ssh", folder / "ci"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ci", "-f", self.key], check=True)
        readme = (site.project / "deployment/README.md").read_text()
        [restriction] = re.findall(r'^ +(restrict,command=".*?") ssh-ed25519', readme, re.MULTILINE)
        docker("build", "--quiet", "--tag", self.name, "-", stdin=SSHD)
        volume = "/var/run/docker.sock:/var/run/docker.sock"
        docker("run", "--detach", "--name", self.name, "--publish", "127.0.0.1::22", "--volume", volume, self.name)
        self.run(
            "umask 077 && cat >/root/.ssh/authorized_keys", f"{restriction} {self.key.with_suffix('.pub').read_text()}"
        )
        self.port = docker("port", self.name, "22").splitlines()[0].rpartition(":")[2]
        until(self.known_hosts, log=lambda: docker("logs", self.name, errors=True))

    def run(self, script, stdin=""):
        return docker("exec", "--interactive", self.name, "sh", "-c", script, stdin=stdin)

    def known_hosts(self):
        """Return the server's own keys, as ssh-keyscan prints them."""
        command = ["ssh-keyscan", "-p", self.port, "127.0.0.1"]
        return subprocess.run(command, capture_output=True, text=True).stdout

    def ssh(self, *arguments):
        """Log in with the key of CI, for something else; return the exit status and what was printed."""
        options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"]
        words = [word for option in options for word in ("-o", option)]
        return run("ssh", "-i", self.key, "-p", self.port, *words, *arguments)

    def remove(self):
        docker("rm", "--force", "--volumes", self.name, check=False)
        docker("image", "rm", "--force", self.name, check=False)


@pytest.fixture
def server(site, tmp_path):
    server = None
    try:
        server = SshServer(site, tmp_path)
        yield server
    finally:
        if server:
            server.remove()


def test_restricted_key_deploys_to_the_server_of_the_pinned_key_and_does_no_more(site, server):
    before, number = site.release(), site.change()
    job = {"DEPLOY_HOST": f"ssh://root@127.0.0.1:{server.port}", "SSH_PRIVATE_KEY": server.key.read_text()}
    other = f"[127.0.0.1]:{server.port} {server.key.with_suffix('.pub').read_text()}"
    status, printed = site.ci_deploy(**job, SSH_KNOWN_HOSTS=other)
    assert (status, site.release()) == (1, before)
    assert "Host key verification failed" in printed
    status, printed = site.ci_deploy(**job, SSH_KNOWN_HOSTS=server.known_hosts())
    assert status == 0, printed
    assert site.release() == number
    assert "PRIVATE KEY" not in printed
    server.ssh("root@127.0.0.1", "touch /tmp/mark")
    assert "mark" not in server.run("ls /tmp")
    status, printed = server.ssh("-W", "127.0.0.1:22", "root@127.0.0.1")
    assert status != 0
    assert "prohibited" in printed
    site.make("deploy")
