"""What must exist before any service: the swarm, the labels of its nodes, the network."""

from ddpt_deploy.docker.labels import labels, options
from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import nodes
from ddpt_deploy.site.site import Site


def bootstrap(site: Site, advertise_address: str = "") -> str:
    """Create the swarm, its node for requests and data, and the network, where they are missing."""
    info = site.docker.info()
    if info["Swarm"]["LocalNodeState"] == "inactive":
        advertise = ("--advertise-addr", advertise_address) if advertise_address else ()
        # Docker's own default is 10.0.0.0/8, where most providers' private networks are.
        site.docker.run("swarm", "init", "--default-addr-pool", site.settings.swarm_address_pool, *advertise)
    elif not info["Swarm"]["ControlAvailable"]:
        raise DeployError("The engine is in a swarm, but not as a manager.", hint="set DOCKER_HOST to a manager")
    found = nodes.nodes(site)
    for role in nodes.missing_roles(found):
        this_node = site.docker.info()["Swarm"]["NodeID"]
        site.docker.run("node", "update", "--label-add", f"{role}=yes", this_node)
    if not site.docker.inspect("network", site.stack):
        named = options("--label", labels(site.stack, "network"))
        site.docker.run("network", "create", "--driver", "overlay", *named, site.stack)
    return f"{len(found)} node{'s' if len(found) > 1 else ''}"
