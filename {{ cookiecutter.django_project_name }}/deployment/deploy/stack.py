"""Deploys stack files: the file for what is the same everywhere, and an override for what is not."""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from deploy import secret
from deploy.commands import stacks
from deploy.errors import DeployError, EngineError
from deploy.site import Site


@dataclass(frozen=True)
class Keys:
    """Which version of each secret a service gets, and further secrets by the names of their files."""

    versions: Mapping[str, int]
    further: Mapping[str, str] = field(default_factory=dict)


def bring(keys: Keys, name: str, version: int, **further: str) -> Keys:
    """Return keys with another version of a secret, and with further secrets."""
    return replace(keys, versions={**keys.versions, name: version}, further={**keys.further, **further})


def current_keys(site: Site, service: str) -> Keys:
    """Return the version of each secret that counts; Django also gets the secret key before its own, as a fallback."""
    versions = secret.brought(site)
    further = {
        entry.name: secret.full_name(site, entry.name, versions[entry.name][-1])
        for entry in secret.catalogue(site)
        if entry.optional and service in entry.services and entry.name in versions
    }
    keys = versions.get("SECRET_KEY", [])
    if service == "django" and len(keys) > 1:
        further["SECRET_KEY_FALLBACKS"] = secret.full_name(site, "SECRET_KEY", keys[-2])
    return Keys({name: numbers[-1] for name, numbers in versions.items()}, further)


def variables(site: Site, keys: Keys) -> dict[str, str]:
    """Return what stack files name as ``${...}``: settings, versions of secrets, and the role Django logs in as."""
    needed = dict.fromkeys((entry.name for entry in secret.catalogue(site) if not entry.optional), 0)
    versions = {f"{name}_VERSION": str(version) for name, version in {**needed, **keys.versions}.items()}
    role = f"{site.settings.database}_{keys.versions.get('DATABASE_PASSWORD', 0)}"
    return {
        **site.settings.variables(),
        **versions,
        "DATABASE_USER": role,
        "MIGRATION_TIMEOUT": str(site.settings.migration_timeout),
        "DJANGO_IMAGE": site.settings.image,
        "RELEASE": "none",
    }


def service_names(text: str) -> list[str]:
    """Return the services that a stack file is about: Django, and its workers when there are any."""
    block = re.search(r"^services:\n((?:(?:[ #].*)?\n)+)", text, re.MULTILINE)
    return re.findall(r"^  (\w[\w-]*):", block[1] if block else "", re.MULTILINE)


def override(services: Sequence[str], keys: Keys, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return a stack file that adds secrets and variables to services."""
    addition = {
        # a dollar sign would start a variable of the file
        "environment": {name: value.replace("$", "$$") for name, value in environment.items()},
        "secrets": [{"source": file, "target": file} for file in keys.further],
    }
    return {
        "services": dict.fromkeys(services, addition),
        "secrets": {file: {"external": True, "name": name} for file, name in keys.further.items()},
    }


def deploy(
    site: Site,
    service: str,
    *,
    keys: Keys | None = None,
    text: str = "",
    environment: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> None:
    """Create or update a service from its stack file, or from a ``text`` that a release kept of it."""
    keys = keys or current_keys(site, service)
    _with_files(site, service, keys, text, environment or {}, values or {}, check_only=False)


def check(site: Site, service: str) -> str:
    """Return what is wrong with a stack file; nothing when it is right."""
    try:
        _with_files(site, service, current_keys(site, service), "", {}, {}, check_only=True)
    except EngineError as error:
        return error.cause
    return ""


def file_name(service: str) -> str:
    """Return the name of a service's stack file."""
    return f"docker-stack.{service}.yml"


def _with_files(
    site: Site,
    service: str,
    keys: Keys,
    text: str,
    environment: Mapping[str, str],
    values: Mapping[str, str],
    *,
    check_only: bool,
) -> None:
    with ExitStack() as stack:
        text = text or site.file(file_name(service)).read_text()
        contents = [text]
        # Only where there is something to add: merging files loses one of two ports of the same number, TCP and UDP.
        if environment or keys.further:
            contents.append(json.dumps(override(service_names(text), keys, environment)))
        files = []
        for content in contents:
            file = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".yml"))
            file.write(content)
            file.flush()
            files.append(file.name)
        arguments = stacks.config(files) if check_only else stacks.deploy(site.stack, files)
        site.engine.run(arguments, variables={**variables(site, keys), **values})


def image(site: Site, service: str) -> str:
    """Return the image that a stack file names for its service."""
    found = re.search(r"^ +image: (\S+)", site.file(file_name(service)).read_text(), re.MULTILINE)
    if not found:
        raise DeployError(f"{file_name(service)} names no image.")
    return found[1]
