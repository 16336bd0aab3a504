"""An SSH server outside of the swarm, at a port of this machine, with a folder for backups."""

import socket
import time

from support.engine import docker
from support.traffic import own_address

DOCKERFILE = """
FROM python:3.14-slim
RUN apt-get update -qq && apt-get install -qqy --no-install-recommends openssh-server && mkdir -p /run/sshd
RUN useradd --create-home --password '*' backups && ssh-keygen -q -t ed25519 -N '' -f /client \\
    && install -d -o backups /home/backups/.ssh && install -o backups /client.pub /home/backups/.ssh/authorized_keys
CMD ["/usr/sbin/sshd", "-D", "-e"]
"""
PORT = 2222


class SftpServer:
    """A server that knows one client by its key."""

    def __init__(self, name):
        self.name = name
        docker("build", "--tag", name, "-", stdin=DOCKERFILE)
        docker("create", "--name", name, "--publish", f"{PORT}:22", name)
        where = f"backups@{own_address()}:{PORT}"
        # what make is told of it
        self.settings = {"BACKUP_REPOSITORY": f"sftp://{where}//home/backups/site"}
        self.start()
        self.key = docker("exec", name, "cat", "/client").strip()

    def known_hosts(self, file="/etc/ssh/ssh_host_ed25519_key.pub"):
        """Return a line for its host key, or for another key."""
        return f"[{own_address()}]:{PORT} {docker('exec', self.name, 'cat', file)}".strip()

    def start(self):
        docker("start", self.name)
        deadline = time.monotonic() + 60
        while not self.answers():
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def answers(self):
        try:
            with socket.create_connection((own_address(), PORT), 5) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def stop(self):
        docker("stop", "--time", "1", self.name)

    def forget_client(self):
        docker("exec", self.name, "truncate", "--size", "0", "/home/backups/.ssh/authorized_keys")

    def remove(self):
        docker("rm", "--force", self.name, check=False)
        docker("image", "rm", self.name, check=False)
