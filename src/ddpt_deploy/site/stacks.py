"""The stacks of a site: every file in ``stacks/`` is one, with the services that it names.

A stack whose services carry the label ``deploy.release`` is the application: a release rolls it out and back. All
others are backing services. ``docker compose config`` reads the files, and the swarm gets what that has read. Stacks in
folders below ``stacks/`` are optional: they are part of the site once they are deployed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from ddpt_deploy.docker import Docker
from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.site import secrets, services
from ddpt_deploy.site.site import Site

# The label of the services of the application: which release they run.
RELEASE = "deploy.release"
# The program that tells the proxy from other stacks. It is in the folder of its name, beside what it configures.
CONFIGURE = "configure"


@dataclass(frozen=True)
class Stack:
    """A stack file, and its services as Docker reads it."""

    name: str
    text: str
    services: Mapping[str, Any]
    # the files of the project that its containers get as configs
    files: Sequence[Path]
    # variables of the file that differ from those of the settings
    given: Mapping[str, str]
    # what its containers get besides
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_application(self) -> bool:
        """Tell whether it is rolled out and back with each release."""
        return any(RELEASE in (one.get("deploy") or {}).get("labels", {}) for one in self.services.values())

    @property
    def images(self) -> list[str]:
        """Return the images that its services run, that of the service of its own name first."""
        names = sorted(self.services, key=lambda name: (name != self.name, name))
        return [str(self.services[name]["image"]) for name in names]


def paths(site: Site) -> dict[str, Path]:
    """Return the stack files, by name, the optional ones last; without that of PostgreSQL where the database is external."""
    folder = site.folder / "stacks"
    left_out = "postgres" if site.settings.external_database else ""
    found = {path.stem: path for pattern in ("*.y*ml", "*/*.y*ml") for path in sorted(folder.glob(pattern))}
    return {name: path for name, path in found.items() if name != left_out}


def names(site: Site) -> list[str]:
    """Return the names of the stacks that are part of the site: of the optional ones those that are deployed."""
    deployed = services.names(site)
    return [name for name, path in paths(site).items() if path.parent.name == "stacks" or name in deployed]


def load(site: Site) -> list[Stack]:
    """Return the stacks that are part of the site. Raises DeployError for a file that Docker cannot read."""
    return [get(site, name) for name in names(site)]


def get(site: Site, name: str) -> Stack:
    """Return a stack. Raises DeployError."""
    known = paths(site)
    if name not in known:
        raise DeployError(f"There is no stack {name}.", hint=" or ".join(f"make deploy-{each}" for each in known))
    return read(site, name, known[name].read_text(), {})


def backing(site: Site) -> list[Stack]:
    """Return the stacks that are not the application, in the order in which they are deployed: before any release."""
    return [stack for stack in load(site) if not stack.is_application]


def application(site: Site) -> list[Stack]:
    """Return the stacks that a release rolls out: Django, and what is labelled like it."""
    return [stack for stack in load(site) if stack.is_application]


def proxy(site: Site) -> Stack:
    """Return the stack of the proxy in front of Django. Raises DeployError."""
    for name in paths(site):
        if (site.folder / name / CONFIGURE).is_file():
            return get(site, name)
    raise DeployError(f"No stack has a program {CONFIGURE} in a folder of its name, as the proxy does.")


def read(site: Site, name: str, text: str, given: Mapping[str, str]) -> Stack:
    """Return the stack that a text describes. Raises DeployError for one that is invalid, or names what is unknown."""
    values = {**variables(site, {}), **given}
    if unknown := set(Template(text).get_identifiers()) - values.keys():
        problem = f"stacks/{name}.yml names the variable {min(unknown)}, and there is no such setting."
        raise DeployError(problem, hint=f"write a line {min(unknown)}= into production.env")
    config = json.loads(_read(site, name, text, values).replace("$$", "$"))
    if not config.get("services"):
        raise DeployError(f"stacks/{name}.yml names no services.")
    files = [Path(one["file"]) for one in config.get("configs", {}).values() if "file" in one]
    if missing := [str(path) for path in files if not path.is_file()]:
        raise DeployError(f"stacks/{name}.yml names files that do not exist: {', '.join(missing)}.")
    return Stack(name, text, config["services"], files, given)


def apply(
    site: Site, stack: Stack, files: Mapping[str, str], images: Mapping[str, str], *, check_only: bool = False
) -> None:
    """Create or update the services of a stack, or only validate it.

    ``files`` says which Docker secret is in which file of /run/secrets, ``images`` which image a service gets.
    """
    config = configuration(site, stack, files, images)
    for service in config["services"].values():
        service["secrets"] = [*service.get("secrets", []), *({"source": file, "target": file} for file in files)]
    stored = {file: {"external": True, "name": name} for file, name in files.items()}
    config["secrets"] = {**config.get("secrets", {}), **stored}
    for one in config.get("configs", {}).values():
        if "file" in one:
            # its content names it, because no config can be changed
            digest = hashlib.sha256(Path(one["file"]).read_bytes()).hexdigest()[:12]
            one |= {"name": site.name(f"file_{digest}"), "labels": site.labels("file")}
    # The CLI's own waiting exits with 0 after an automatic rollback (https://github.com/docker/cli/issues/6752).
    # An image is named by a digest or an ID, so there is nothing to resolve at a registry.
    options = ("--detach=true", "--resolve-image=never", "--with-registry-auth", "--compose-file", "-", site.stack)
    command = ("config", "--compose-file", "-") if check_only else ("deploy", *options)
    site.docker.run("stack", *command, stdin=json.dumps(for_swarm(config), ensure_ascii=False))


def configuration(site: Site, stack: Stack, files: Mapping[str, str], images: Mapping[str, str]) -> dict[str, Any]:
    """Return what Docker reads in a stack, with its images and environment; each dollar sign is doubled."""
    config: dict[str, Any] = json.loads(_read(site, stack.name, stack.text, {**variables(site, files), **stack.given}))
    for name, service in config["services"].items():
        service["image"] = images.get(name, service["image"])
        # a dollar sign would start a variable of the file
        more = {name: value.replace("$", "$$") for name, value in stack.environment.items()}
        service["environment"] = {**(service.get("environment") or {}), **more}
    return config


def for_swarm(config: dict[str, Any]) -> dict[str, Any]:
    """Return what ``docker compose config`` printed in the older format of ``docker stack``."""
    # https://github.com/docker/cli/tree/master/cli/compose/schema/data
    for service in config["services"].values():
        # The swarm knows no order of services
        for name in [name for name, value in service.items() if value is None or name == "depends_on"]:
            del service[name]
        for port in service.get("ports", []):
            if port.get("published", "").isdecimal():
                port["published"] = int(port["published"])
        for file in [*service.get("configs", []), *service.get("secrets", [])]:
            if "mode" in file:
                file["mode"] = int(file["mode"], 8)
        for volume in service.get("volumes", []):
            if "size" in volume.get("tmpfs", {}):
                volume["tmpfs"]["size"] = int(volume["tmpfs"]["size"])
        for amounts in service.get("deploy", {}).get("resources", {}).values():
            if "cpus" in amounts:
                amounts["cpus"] = str(amounts["cpus"])
        if "extra_hosts" in service:
            service["extra_hosts"] = [host.replace("=", ":", 1) for host in service["extra_hosts"]]
    return {name: config[name] for name in ("services", "networks", "volumes", "configs", "secrets") if name in config}


def variables(site: Site, files: Mapping[str, str]) -> dict[str, str]:
    """Return what stack files name as ``${...}``: the settings, and what follows from them and from the secrets."""
    version = secrets.version_of(files["DATABASE_PASSWORD"]) if "DATABASE_PASSWORD" in files else 0
    return {
        **site.settings.django,
        **site.settings.variables(),
        "DATABASE_USER": f"{site.settings.database}_{version}",
        "DJANGO_IMAGE": site.settings.image,
        "RELEASE": "none",
        **{f"{name.upper().replace('-', '_')}_IMAGE": image for name, image in own_images(site).items()},
    }


def own_images(site: Site) -> dict[str, str]:
    """Return the image of each stack with a Dockerfile in a folder of its name; the tag follows from what is built."""
    found = {}
    for name in paths(site):
        if (site.folder / name / "Dockerfile").is_file():
            # the image of PostgreSQL is what it may be built from
            files = [*sorted((site.folder / name).glob("*")), site.folder / "stacks/postgres.yml"]
            content = b"".join(file.read_bytes() for file in files if file.is_file())
            content += site.settings.postgres_image.encode()
            found[name] = f"{site.settings.image}-{name}:{hashlib.sha256(content).hexdigest()[:12]}"
    return found


def _read(site: Site, name: str, text: str, values: Mapping[str, str]) -> str:
    """Return what Docker reads in a stack file, as JSON in which each dollar sign is doubled. Raises DeployError."""
    try:
        return _configuration(site.docker, site.stack, text, tuple(sorted(values.items())))
    except DockerError as error:
        raise DeployError(f"stacks/{name}.yml is invalid.", cause=error.cause, hint=error.hint) from None


@cache
def _configuration(docker: Docker, stack: str, text: str, values: tuple[tuple[str, str], ...]) -> str:
    # a file .env has no part in it
    options = ("--env-file", "/dev/null", "--project-name", stack, "--file", "-")
    return docker.run("compose", *options, "config", "--format", "json", stdin=text, variables=dict(values))
