"""Small facts about a site that are kept in the swarm, as Docker configs: anybody who may deploy can read them."""

import base64
import hashlib
import json
from typing import Any

from deploy import names
from deploy.commands import configs
from deploy.engine import Engine
from deploy.errors import EngineError


def create(engine: Engine, name: str, content: str, labels: dict[str, str]) -> bool:
    """Keep ``content`` under a name, and tell whether the name was free. The swarm decides that atomically."""
    try:
        engine.run(configs.create(name, labels), stdin=content)
    except EngineError as error:
        if "already exists" in error.cause:
            return False
        raise
    return True


def read(engine: Engine, stack: str, kind: str) -> list[tuple[str, Any]]:
    """Return the names and the contents of the records of one kind, the oldest first."""
    ids = engine.words(configs.ids(names.labels(stack, kind)))
    found = engine.inspect(configs.inspect(*ids)) if ids else []
    found.sort(key=lambda config: config["Version"]["Index"])
    return [(config["Spec"]["Name"], json.loads(content(config))) for config in found]


def content(config: dict[str, Any]) -> str:
    """Return the text of a config."""
    return base64.b64decode(config["Spec"].get("Data", "")).decode()


def file(engine: Engine, stack: str, text: str) -> str:
    """Keep a file for a job, under a name that follows from its content, and return the name."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    name = f"{stack}_file_{digest}"
    create(engine, name, text, names.labels(stack, "file"))
    return name
