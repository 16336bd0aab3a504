"""The stacks of a site: every file in ``stacks/`` is one, with the services that it names.

A stack whose services carry the label ``deploy.release`` is the application: a release rolls it out and back. All others
are backing services. Files are read by ``docker compose config``, so whatever YAML can say is understood.
"""

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ddpt_deploy.docker import labels
from ddpt_deploy.docker.client import Docker
from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.site import backups_image, secrets
from ddpt_deploy.site.site import Site


@dataclass(frozen=True)
class Stack:
    """A stack file, and its services as Docker reads it."""

    name: str
    text: str
    services: Mapping[str, Any]

    @property
    def is_application(self) -> bool:
        """Tell whether it is rolled out and back with each release."""
        return any(labels.RELEASE in (one.get("deploy") or {}).get("labels", {}) for one in self.services.values())

    @property
    def images(self) -> list[str]:
        """Return the images that its services run, that of the service of its own name first."""
        names = sorted(self.services, key=lambda name: (name != self.name, name))
        return [str(self.services[name]["image"]) for name in names]


def paths(site: Site) -> list[Path]:
    """Return the stack files, by name."""
    return sorted((site.folder / "stacks").glob("*.y*ml"))


def load(site: Site) -> dict[str, Stack]:
    """Return all stacks, by name. Raises DeployError for a file that Docker cannot read."""
    return {path.stem: read(site, path.stem, path.read_text()) for path in paths(site)}


def get(site: Site, name: str) -> Stack:
    """Return a stack. Raises DeployError."""
    known = {path.stem: path for path in paths(site)}
    if name not in known:
        raise DeployError(f"There is no stack {name}.", hint=" or ".join(f"make deploy-{each}" for each in known))
    return read(site, name, known[name].read_text())


def backing(site: Site) -> list[Stack]:
    """Return the stacks that are not the application, in the order in which they are deployed: before any release."""
    return [stack for stack in load(site).values() if not stack.is_application]


def application(site: Site) -> list[Stack]:
    """Return the stacks that a release rolls out: Django, and what is labelled like it."""
    return [stack for stack in load(site).values() if stack.is_application]


def read(site: Site, name: str, text: str, given: Mapping[str, str] | None = None) -> Stack:
    """Return the stack that a text describes, with ``given`` variables. Raises DeployError, also without services."""
    values = {**variables(site, {}), **(given or {})}
    try:
        services = _read(site.docker, site.stack, text, tuple(sorted(values.items())))
    except DockerError as error:
        raise DeployError(f"stacks/{name}.yml is invalid.", cause=error.cause, hint=error.hint) from None
    if not services:
        raise DeployError(f"stacks/{name}.yml names no services.")
    return Stack(name, text, services)


def apply(
    site: Site,
    stack: Stack,
    files: Mapping[str, str],
    *,
    environment: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    check_only: bool = False,
) -> None:
    """Create or update the services of a stack.

    Args:
        files: which Docker secret is in which file of /run/secrets.
        environment: more variables for the containers.
        given: variables of the stack file that differ from those of the settings.
        check_only: validate the files, and change nothing.
    """
    contents = [stack.text]
    # Only where there is something to add: merging files loses one of two ports of the same number, TCP and UDP.
    if environment or files:
        contents.append(json.dumps(override(stack.services, files, environment or {})))
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(contents):
            (Path(folder) / f"{number}.yml").write_text(content)
        options = [word for number in range(len(contents)) for word in ("--compose-file", f"{folder}/{number}.yml")]
        # The CLI's own waiting exits with 0 after an automatic rollback (https://github.com/docker/cli/issues/6752).
        # An image is named by a digest or by a tag of this engine, so there is nothing to resolve at a registry.
        deploy = ("deploy", "--detach=true", "--resolve-image=never", "--with-registry-auth", *options, site.stack)
        command = ("config", *options) if check_only else deploy
        site.docker.run("stack", *command, variables={**variables(site, files), **(given or {})})


def variables(site: Site, files: Mapping[str, str]) -> dict[str, str]:
    """Return what stack files name as ``${...}``: the settings, the versions of secrets, the role of the database."""
    versions = {f"{file}_VERSION": str(secrets.version_of(name)) for file, name in files.items()}
    role = f"{site.settings.database}_{versions.get('DATABASE_PASSWORD_VERSION', '0')}"
    return {
        **site.settings.variables(),
        **versions,
        "DATABASE_USER": role,
        "DJANGO_IMAGE": site.settings.image,
        "RELEASE": "none",
        "BACKUPS_IMAGE": backups_image.reference(site),
    }


def override(services: Iterable[str], files: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return a stack file that adds secrets and variables to services."""
    addition = {
        # a dollar sign would start a variable of the file
        "environment": {name: value.replace("$", "$$") for name, value in environment.items()},
        "secrets": [{"source": file, "target": file} for file in files],
    }
    return {
        "services": dict.fromkeys(services, addition),
        "secrets": {file: {"external": True, "name": name} for file, name in files.items()},
    }


@cache
def _read(docker: Docker, stack: str, text: str, values: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    # a file .env has no part in it
    options = ("--env-file", "/dev/null", "--project-name", stack, "--file", "-")
    printed = docker.run("compose", *options, "config", "--format", "json", stdin=text, variables=dict(values))
    # Compose prints a dollar sign as it would be written in a file
    return dict(json.loads(printed.replace("$$", "$")).get("services") or {})
