"""A server as a provider hands it out: a container with systemd and SSH, and a project whose operator has a key to it."""

import os
import subprocess
from pathlib import Path

import pytest

from support.engine import docker
from support.processes import run, until
from support.projects import DEFAULTS, bake

# A Debian with systemd, SSH, Python and cloud-init
IMAGE = "debian-server"
# A container shares the kernel of this machine, its clock and its memory, so these are left alone. The packages are the
# distribution's: Docker's own repository is not everywhere to be reached.
SETTINGS = {
    "docker_repository: https://download.docker.com/linux": 'docker_repository: ""',
    "swap_size: 1G": 'swap_size: ""',
    "public_ports: [80, 443]": "public_ports: [80, 443, 24980, 24943]",
    "time_service: chrony": "time_service: systemd-timesyncd",
}


class Operator:
    """A project, and a key by which its operator logs in."""

    def __init__(self, folder: Path):
        self.project = bake(folder, DEFAULTS)
        self.deployment = self.project / "deployment"
        self.ssh = folder / "ssh"
        self.ssh.mkdir()
        self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.ssh / "id_ed25519"))
        self.key = (self.ssh / "id_ed25519.pub").read_text()
        settings = self.deployment / "provisioning/settings.yml"
        text = settings.read_text()
        for line, other in SETTINGS.items():
            assert line in text
            text = text.replace(line, other)
        settings.write_text(text[: text.index("sysctl:")] + "sysctl:\n  net.core.somaxconn: 4096\n")
        # what a configuration of SSH would say; docker starts `ssh` without options of its own
        programs = folder / "programs"
        programs.mkdir()
        options = f"-F {self.ssh}/config -i {self.ssh}/id_ed25519 -o UserKnownHostsFile={self.ssh}/known_hosts"
        (programs / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh {options} "$@"\n')
        (self.ssh / "config").touch()
        (programs / "ssh").chmod(0o755)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DDPT_", "DOCKER_", "SSH_"))}
        self.shell = inherited | {"SSH_FOLDER": str(self.ssh), "PATH": f"{programs}:{os.environ['PATH']}"}

    def run(self, *command: str, **options) -> str:
        """Run a command, which must end well, and return what it printed."""
        status, printed = run(*command, **options)
        assert status == 0, printed
        return printed

    def attempt(self, *words: str, **shell: str) -> tuple[int, str]:
        """Run `make` in deployment/ and return its exit status and what it printed."""
        make = ["make", "--no-print-directory", *words]
        status, printed = run(*make, cwd=self.deployment, env=self.shell | shell, timeout=1200)
        print(printed)
        return status, printed

    def make(self, *words: str, **shell: str) -> str:
        """Run `make` in deployment/, which must end well, and return what it printed."""
        status, printed = self.attempt(*words, **shell)
        assert status == 0, printed
        return printed

    def authorize(self) -> None:
        """Write the key into the project, as its README says."""
        with (self.deployment / "provisioning/authorized_keys").open("a") as file:
            file.write(self.key)


class Server:
    """A server that has just been rented; root can log in with the operator's key."""

    def __init__(self, name: str, operator: Operator, user_data: str = ""):
        if subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True).returncode:
            pytest.skip(f"there is no image {IMAGE}")
        self.name = name
        docker(
            "create", "--name", name, "--hostname", name, "--privileged", "--cgroupns", "private",
            "--tmpfs", "/run", "--tmpfs", "/run/lock", "--volume", "/var/lib/docker", "--volume", "/var/lib/containerd",
            IMAGE,
        )  # fmt: skip
        if user_data:
            seed = operator.project.parent / "cloud/seed/nocloud"
            seed.mkdir(parents=True)
            (seed / "user-data").write_text(user_data)
            (seed / "meta-data").write_text(f"instance-id: {name}\nlocal-hostname: {name}\n")
            docker("cp", f"{seed.parent.parent}", f"{name}:/var/lib/")
        docker("start", name)
        self.address = docker(
            "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name
        ).strip()
        self.wait("systemctl is-active ssh")
        if not user_data:
            self.run(f"umask 077 && mkdir -p ~/.ssh && echo '{operator.key.strip()}' >~/.ssh/authorized_keys")
        keys = subprocess.run(["ssh-keyscan", self.address], check=True, capture_output=True, text=True).stdout
        assert keys
        (operator.ssh / "known_hosts").write_text(keys)

    def run(self, command: str, check: bool = True) -> str:
        """Run a command on the server as root and return what it prints."""
        return docker("exec", self.name, "sh", "-c", command, check=check, errors=True).strip()

    def wait(self, command: str, timeout: float = 60) -> None:
        """Wait until a command on the server ends well."""
        execute = ["docker", "exec", self.name, "sh", "-c", command]
        until(
            lambda: subprocess.run(execute, capture_output=True).returncode == 0,
            timeout,
            log=lambda: self.run(command, check=False),
        )

    def load(self, *images: str) -> None:
        """Bring images to the server's engine, which may reach no registry."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as save:
            subprocess.run(
                ["docker", "exec", "--interactive", self.name, "docker", "load", "--quiet"],
                check=True, stdin=save.stdout, stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def remove(self) -> None:
        """Remove the server and its disk."""
        docker("rm", "--force", "--volumes", self.name, check=False)
