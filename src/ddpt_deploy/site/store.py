"""A store for small records of a site, on Docker configs: everybody who may deploy can read them."""

import base64
import hashlib
import json
from typing import Any

from ddpt_deploy.docker import options
from ddpt_deploy.errors import DockerError
from ddpt_deploy.site.site import Site


def create(site: Site, kind: str, name: str, content: str, **more: str) -> bool:
    """Store a record, and tell whether its name was free. The swarm decides that atomically."""
    named = options("--label", site.labels(kind, **more))
    try:
        site.docker.run("config", "create", *named, site.name(name), "-", stdin=content)
    except DockerError as error:
        if "already exists" in error.cause:
            return False
        raise
    return True


def read(site: Site, kind: str) -> list[Any]:
    """Return the contents of the records of one kind."""
    found = site.docker.inspect("config", *site.labelled("config", kind))
    return [json.loads(base64.b64decode(config["Spec"].get("Data", ""))) for config in found]


def file(site: Site, text: str) -> str:
    """Store a file for a job, under a name that follows from its content; return the name of the config."""
    name = f"file_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    create(site, "file", name, text)
    return site.name(name)
