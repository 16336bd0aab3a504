"""A site that has left the swarm, by `make export`."""

import re
import subprocess
from pathlib import Path

from support.engine import docker


class Exported:
    """For a class of sites: a site in the swarm, and once it has left in the folder that the export wrote."""

    exported: Path | None = None

    def compose(self, *arguments):
        """Run `docker compose` in that folder."""
        return docker("compose", "--project-directory", str(self.exported), *arguments, errors=True)

    def remove(self):
        """Remove it from where it is, and from the swarm."""
        if self.exported:
            self.compose("down", "--volumes", "--remove-orphans")
        super().remove()

    def containers(self, name):
        """Return the ids of the running containers of a service, wherever it runs."""
        if not self.exported:
            return super().containers(name)
        labels = {"project": self.stack, "service": name}
        filters = [f"--filter=label=com.docker.compose.{label}={value}" for label, value in labels.items()]
        return docker("ps", "--quiet", "--no-trunc", *filters).split()

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
