"""What the services stand on: the swarm, the labels of its machines, the network."""

from deploy import machines, names
from deploy.commands import swarm
from deploy.errors import DeployError
from deploy.site import Site


def prepare(site: Site) -> str:
    """See to a swarm, to a machine for requests and one for data, and to the network. Safe to repeat."""
    info = site.engine.info()
    if not info.get("ServerVersion"):
        raise DeployError(
            "No Docker Engine answers.",
            cause="\n".join(info.get("ServerErrors", [])),
            hint="start Docker, or set DOCKER_HOST=ssh://user@server",
        )
    if info["Swarm"]["LocalNodeState"] == "inactive":
        site.engine.run(swarm.init(site.option("ADVERTISE_ADDR")))
    elif not info["Swarm"]["ControlAvailable"]:
        raise DeployError("The engine is in a swarm, but is none of its managers.", hint="set DOCKER_HOST to a manager")
    nodes = machines.known(site.engine)
    for label, value in names.NODE_LABELS.items():
        if not any(node["Spec"]["Labels"].get(label) == value for node in nodes):
            site.engine.run(swarm.label_node(site.engine.info()["Swarm"]["NodeID"], {label: value}))
    if not site.engine.inspect(swarm.inspect_network(site.stack)):
        site.engine.run(swarm.create_network(site.stack, names.labels(site.stack, "network")))
    return f"{len(nodes)} machine{'s' if len(nodes) > 1 else ''}"
