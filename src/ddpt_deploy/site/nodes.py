"""The nodes of the swarm."""

from typing import Any

from ddpt_deploy.site.site import Site

# Which labels nodes need, and what for: placement constraints in the stack files name them.
ROLES = {"edge": "takes requests from outside", "data": "has the volume of the database"}


def nodes(site: Site) -> list[dict[str, Any]]:
    """Return all nodes of the swarm."""
    return site.docker.inspect("node", *site.docker.ids("node", "ls", "--quiet"))


def names(site: Site) -> dict[str, str]:
    """Return the host names of the nodes, by their ids."""
    return {node["ID"]: node["Description"]["Hostname"] for node in nodes(site)}


def missing_roles(found: list[dict[str, Any]]) -> list[str]:
    """Return the labels that no node carries."""
    return [role for role in ROLES if not any(node["Spec"]["Labels"].get(role) == "yes" for node in found)]


def schedulable(site: Site) -> set[str]:
    """Return the ids of the nodes that take new containers."""
    return {
        node["ID"]
        for node in nodes(site)
        if node["Status"]["State"] == "ready" and node["Spec"]["Availability"] == "active"
    }


def down(site: Site) -> set[str]:
    """Return the ids of the nodes that do not answer."""
    return {node["ID"] for node in nodes(site) if node["Status"]["State"] == "down"}
