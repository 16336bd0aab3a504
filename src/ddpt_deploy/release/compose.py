"""The way out of Swarm: writes the running site into a folder that Docker Compose starts on one server."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backups, database
from ddpt_deploy.site import releases, secrets, services, stacks
from ddpt_deploy.site.site import Site


def write(site: Site, folder: Path, backup: backups.Backup) -> None:
    """Write compose.yaml, what it needs, all secrets and a backup into a new folder. Raises DeployError; then there is none."""
    parts = site.folder / "export"
    try:
        shutil.copytree(parts, folder)
    except OSError as error:
        raise DeployError(f"{folder} cannot be created: {error}.", hint="make export FOLDER=...") from None
    try:
        folder.chmod(0o700)
        # wherever the folder is, git must not see the secrets
        (folder / ".gitignore").write_text("*\n")
        proxy = stacks.proxy(site).name
        shutil.copytree(site.folder / proxy, folder / proxy)
        shutil.copy(site.folder / "postgres/ensure_database.sql", folder)
        config, variables = _services(site, folder)
        variables |= {"BACKUP": backup.id, "BACKUP_TIME": backup.when, "SITE_ID": database.site_id(site)}
        # Compose merges both files, and writes YAML.
        options = ("--env-file", "/dev/null", "--file", "-", "--file", str(parts / "compose.yml"), "--profile", "*")
        stdin = json.dumps(config, ensure_ascii=False)
        compose = site.docker.run(
            "compose", *options, "config", "--no-path-resolution", stdin=stdin, variables=variables
        )
        (folder / "compose.yml").rename(folder / "compose.yaml").write_text(compose)
        readme = Template((folder / "README.md").read_text())
        (folder / "README.md").write_text(readme.safe_substitute(variables))
        backups.download(site, folder / "backup.tar", "copy", backup.id)
    except BaseException:
        shutil.rmtree(folder)
        raise


def _services(site: Site, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the services as Compose reads them, with what their containers run now, and variables for ``export/``."""
    environment = {**site.settings.variables(), "RELOAD": "no", "MAINTENANCE": "off", "BYPASS": ""}
    escaped = {name: value.replace("$", "$$") for name, value in environment.items()}
    found: dict[str, Any] = {"name": site.stack, "services": {"configure": {"environment": escaped}}}
    variables = {**stacks.variables(site, secrets.files(site, "django")), "OWNERS": ""}
    for stack in [*stacks.backing(site), *releases.application(site, releases.current(site))]:
        files = secrets.files(site, "django" if stack.is_application else stack.name)
        containers = {name: services.container(site, name) for name in stack.services}
        images = {name: site.docker.inspect("container", one)[0]["Config"]["Image"] for name, one in containers.items()}
        read = stacks.configuration(site, stack, files, images)
        for name, service in read["services"].items():
            found["services"][name] = for_compose(name, service)
            variables[f"{name.upper().replace('-', '_')}_IMAGE"] = images[name]
            _copy_secrets(site, containers[name], files, folder / "secrets" / name)
            variables["OWNERS"] += f"{services.run(site, name, 'id', '-u')}:{name} "
        # the network of the stack becomes one of this server
        networks = {name: None if one.get("external") else one for name, one in read.get("networks", {}).items()}
        for kind, more in {**read, "networks": networks}.items():
            if kind in ("volumes", "configs", "networks"):
                found[kind] = {**found.get(kind, {}), **more}
    shutil.copy(folder / "secrets/django/DATABASE_PASSWORD", folder / "secrets/postgres")
    return found, variables


def for_compose(name: str, service: dict[str, Any]) -> dict[str, Any]:
    """Return a service of a stack file without what only a swarm knows, with files of this folder for its secrets."""
    deploy = service.get("deploy") or {}
    wait = {"permissions": {"condition": "service_completed_successfully"}}
    mount = {"type": "bind", "source": f"./secrets/{name}", "target": "/run/secrets", "read_only": True}
    networks = service.get("networks") or {}
    return {
        **{key: value for key, value in service.items() if key != "secrets"},
        "deploy": {key: deploy[key] for key in ("replicas", "resources") if key in deploy},
        "restart": "unless-stopped",
        "depends_on": {**(service.get("depends_on") or {}), **wait},
        "volumes": [*(service.get("volumes") or []), mount],
        # the proxy asks for containers by the name that they have in a swarm
        "networks": {network: {"aliases": [f"tasks.{name}"]} for network in networks},
    }


def _copy_secrets(site: Site, container: str, files: Iterable[str], folder: Path) -> None:
    """Write the secrets that a container has into a folder, for its owner to read."""
    folder.mkdir(mode=0o700, parents=True)
    for name in files:
        # Caddy has its certificate elsewhere.
        read = f"cat /run/secrets/{name} 2>/dev/null || cat /etc/caddy/*.pem"
        value = site.docker.run("exec", container, "sh", "-c", read)
        with os.fdopen(os.open(folder / name, os.O_CREAT | os.O_WRONLY, 0o400), "w") as file:
            file.write(value)
