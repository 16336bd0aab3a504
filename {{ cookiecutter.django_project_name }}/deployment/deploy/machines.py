"""The machines of the swarm."""

from typing import Any

from deploy.commands import swarm
from deploy.engine import Engine


def known(engine: Engine) -> list[dict[str, Any]]:
    """Return all machines of the swarm."""
    return engine.inspect(swarm.inspect_nodes(*engine.words(swarm.nodes())))


def names(engine: Engine) -> dict[str, str]:
    """Return the names of the machines, by their ids."""
    return {machine["ID"]: machine["Description"]["Hostname"] for machine in known(engine)}


def open_to_work(engine: Engine) -> set[str]:
    """Return the ids of the machines that take new containers."""
    return {
        machine["ID"]
        for machine in known(engine)
        if machine["Status"]["State"] == "ready" and machine["Spec"]["Availability"] == "active"
    }


def down(engine: Engine) -> set[str]:
    """Return the ids of the machines that do not answer."""
    return {machine["ID"] for machine in known(engine) if machine["Status"]["State"] == "down"}
