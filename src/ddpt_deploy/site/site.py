"""A site, as all commands see it: its settings, the engine that it runs on, the terminal."""

from dataclasses import dataclass
from pathlib import Path

from ddpt_deploy.console import Console
from ddpt_deploy.docker import Docker, options
from ddpt_deploy.site.settings import Settings


@dataclass(frozen=True)
class Site:
    """Everything that a command needs."""

    settings: Settings
    docker: Docker
    console: Console
    # the project's folder deployment/
    folder: Path
    # who works on it, as the lock and the releases name them
    user: str = "somebody"
    # by which the lock that this command holds is known again
    lock_token: str = ""

    @property
    def stack(self) -> str:
        """Return the name of the site in the swarm, with which all names of it begin."""
        return self.settings.stack_name

    @property
    def project(self) -> Path:
        """Return the folder of the project, which the image is built from."""
        return self.folder.parent

    @property
    def dockerfile(self) -> Path:
        """Return the Dockerfile of the project; one that no template made may have another, so that of deployment/ comes first."""
        ours = self.folder / "Dockerfile"
        return ours if ours.is_file() else self.project / "Dockerfile"

    def name(self, name: str) -> str:
        """Return the full name of a service, volume or config of the site."""
        return f"{self.stack}_{name}"

    def labels(self, kind: str, **more: str) -> dict[str, str]:
        """Return the labels of something that belongs to the site: a release, a secret, the lock ..."""
        named = {f"deploy.{name}": value for name, value in more.items()}
        return {"deploy.stack": self.stack, "deploy.kind": kind, **named}

    def labelled(self, objects: str, kind: str) -> list[str]:
        """Return the ids of the configs, secrets or images of the site that are of a kind."""
        labels = {f"label={name}": value for name, value in self.labels(kind).items()}
        return self.docker.ids(objects, "ls", "--quiet", *options("--filter", labels))
