"""docker swarm, node, network, volume."""

from collections.abc import Mapping

from deploy.commands import pairs


def init(address: str) -> list[str]:
    """Make the engine a swarm of one node."""
    return ["swarm", "init", *(("--advertise-addr", address) if address else ())]


def nodes() -> list[str]:
    """List the ids of the nodes."""
    return ["node", "ls", "--quiet"]


def inspect_nodes(*ids: str) -> list[str]:
    """Describe nodes."""
    return ["node", "inspect", *ids]


def label_node(node: str, labels: Mapping[str, str]) -> list[str]:
    """Give a node labels, for the placement constraints in the stack files."""
    return ["node", "update", *pairs("--label-add", labels), node]


def create_network(name: str, labels: Mapping[str, str]) -> list[str]:
    """Create the overlay network that the services of a site share."""
    return ["network", "create", "--driver", "overlay", *pairs("--label", labels), name]


def inspect_network(name: str) -> list[str]:
    """Describe a network."""
    return ["network", "inspect", name]


def remove_network(name: str) -> list[str]:
    """Remove a network."""
    return ["network", "rm", name]


def volumes(prefix: str) -> list[str]:
    """List the names of the volumes that begin with ``prefix``, and others that contain it."""
    return ["volume", "ls", "--quiet", "--filter", f"name={prefix}"]


def remove_volume(name: str) -> list[str]:
    """Remove a volume with all that is in it."""
    return ["volume", "rm", name]
