"""``make export``, the way out of Swarm: writes the running site into a folder that Docker Compose starts on one server."""

import json
import shutil
from pathlib import Path
from string import Template
from typing import Any

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backups, database, drift
from ddpt_deploy.site import lock, releases, secrets, services, stacks
from ddpt_deploy.site.site import Site

# In a Compose file these mean what they mean in a stack file.
KEPT = ("replicas", "resources")
# For a service that has the check of its image disabled: `docker compose up --wait` fails where an image has one and none runs.
PASSES = {"test": ["CMD", "true"], "interval": "1h", "start_period": "10s", "start_interval": "1s"}


def command(site: Site, folder: str = "") -> None:
    """Write the site with its newest backup into a folder for one server with Docker Compose; its README.md goes on.

    folder: where to; STACK_NAME-export when left out
    """
    target = Path(folder or f"{site.stack}-export")
    if target.exists():
        problem = f"{target} exists already."
        raise DeployError(problem, hint="make export FOLDER=...")
    for stack, names in drift.changes(site, releases.history(site)).items():
        site.console.warn(f"Changed and not applied, but in the export: {', '.join(names)}: make deploy-{stack}")
    with lock.held(site, "export") as site, site.console.step("export") as step:
        backup = backups.find(site, "latest")
        write(site, target, backup)
        step.detail = f"{target.resolve()}, with the backup {backup}"
    site.console.say(f"It holds all secrets, not encrypted. What was written after {backup.when} is not in it.")


def write(site: Site, folder: Path, backup: backups.Backup) -> None:
    """Write compose.yaml, what it needs, all secrets and a backup into a new folder. Raises DeployError; then there is none."""
    shutil.copytree(site.folder / "export", folder, ignore=shutil.ignore_patterns("*.py"))
    try:
        folder.chmod(0o700)
        # wherever the folder is, git must not see the secrets
        (folder / ".gitignore").write_text("*\n")
        shutil.copy(site.folder / "postgres/ensure_database.sql", folder)
        for file in folder.glob("*.sql"):
            # PostgreSQL is another user
            file.chmod(0o644)
        proxy = stacks.proxy(site).name
        shutil.copytree(site.folder / proxy, folder / proxy)
        release = releases.current(site)
        variables = {**stacks.variables(site, secrets.files(site, "django")), **releases.given(site, release)}
        variables |= {"BACKUP": backup.id, "BACKUP_TIME": backup.when, "SITE_ID": database.site_id(site), "OWNERS": ""}
        config = json.dumps(_services(site, release, folder, variables), ensure_ascii=False)
        # Compose merges both files, and writes YAML.
        files = ("--env-file", "/dev/null", "--file", "-", "--file", str(site.folder / "export/compose.yml"))
        command = ("compose", *files, "--profile", "*", "config", "--no-path-resolution")
        (folder / "compose.yaml").write_text(site.docker.run(*command, stdin=config, variables=variables))
        (folder / "compose.yml").unlink()
        readme = folder / "README.md"
        readme.write_text(Template(readme.read_text()).safe_substitute(variables))
        backups.download(site, folder / "backup.tar", "copy", backup.id)
    except BaseException:
        shutil.rmtree(folder)
        raise


def _services(site: Site, release: releases.Release, folder: Path, variables: dict[str, str]) -> dict[str, Any]:
    """Return the services as Compose reads them, and write the secrets of each; ``variables`` get images and users."""
    environment = {**site.settings.variables(), "RELOAD": "no", "MAINTENANCE": "off", "BYPASS": ""}
    escaped = {name: value.replace("$", "$$") for name, value in environment.items()}
    found: dict[str, Any] = {"name": site.stack, "services": {"configure": {"environment": escaped}}}
    for stack in [*stacks.backing(site), *releases.application(site, release)]:
        files = secrets.files(site, "django" if stack.is_application else stack.name)
        containers = {name: services.container(site, name) for name in stack.services}
        images = {name: site.docker.inspect("container", one)[0]["Config"]["Image"] for name, one in containers.items()}
        read = stacks.configuration(site, stack, files, images)
        for name, service in read["services"].items():
            found["services"][name] = for_compose(name, service)
            variables[f"{name.upper().replace('-', '_')}_IMAGE"] = images[name]
            variables["OWNERS"] += f"{services.run(site, name, 'id', '-u')}:{name} "
            (folder / "secrets" / name).mkdir(parents=True)
            for secret in [folder / "secrets" / name / file for file in files]:
                # the proxy has a copy of its certificate, and not the secret
                command = f"cat /run/secrets/{secret.name} 2>/dev/null || cat /etc/{name}/*.pem"
                secret.write_text(site.docker.run("exec", containers[name], "sh", "-c", command))
                secret.chmod(0o400)
        for name, one in read.get("configs", {}).items():
            if "file" in one:
                (folder / "configs").mkdir(exist_ok=True)
                shutil.copyfile(one["file"], folder / "configs" / name)
                one["file"] = f"./configs/{name}"
        # the network of the stack becomes one of this server
        networks = {name: None if one.get("external") else one for name, one in read.get("networks", {}).items()}
        for kind, more in {**read, "networks": networks}.items():
            if kind in ("volumes", "configs", "networks"):
                found[kind] = {**found.get(kind, {}), **more}
    shutil.copy(folder / "secrets/django/DATABASE_PASSWORD", folder / "secrets/postgres")
    found["services"]["restore"] = for_restore(found["services"]["backups"])
    return found


def for_restore(service: dict[str, Any]) -> dict[str, Any]:
    """Return the service of the backups as one that restores, when it is told to, and may write what it restores."""
    return {
        **service,
        "profiles": ["restore"],
        "restart": "no",
        "entrypoint": [f"{backups.PROGRAMS}/restore"],
        # the backup in the folder, wherever others are
        "environment": {**service["environment"], "BACKUP_REPOSITORY": ""},
        "cap_add": [*service["cap_add"], *backups.WRITE],
        "volumes": [{**one, "read_only": one["type"] == "bind"} for one in service["volumes"]],
    }


def for_compose(name: str, service: dict[str, Any]) -> dict[str, Any]:
    """Return a service of a stack file without what only a swarm knows, with files of this folder for its secrets."""
    mount = {"type": "bind", "source": f"./secrets/{name}", "target": "/run/secrets", "read_only": True}
    for port in service.get("ports") or []:
        port.pop("mode", None)
    if (service.get("healthcheck") or {}).get("disable"):
        service["healthcheck"] = PASSES
    permissions = {"permissions": {"condition": "service_completed_successfully"}}
    return {
        **{key: value for key, value in service.items() if key != "secrets"},
        "deploy": {key: value for key, value in (service.get("deploy") or {}).items() if key in KEPT},
        "restart": "unless-stopped",
        "depends_on": {**(service.get("depends_on") or {}), **permissions},
        "volumes": [*(service.get("volumes") or []), mount],
        # the proxy asks for containers by the name that they have in a swarm
        "networks": {network: {"aliases": [f"tasks.{name}"]} for network in service.get("networks") or {}},
    }
