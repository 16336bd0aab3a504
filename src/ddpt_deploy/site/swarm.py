"""The swarm that a site runs on: how it is made, and its nodes."""

import json
from typing import Any

from ddpt_deploy.docker import options
from ddpt_deploy.errors import DeployError
from ddpt_deploy.site.site import Site

# Which labels nodes need, and what for: placement constraints in the stack files name them.
ROLES = {"edge": "takes requests from outside", "data": "has the volume of the database"}


def bootstrap(site: Site, advertise_address: str = "") -> str:
    """Create what any service needs, where it is missing: the swarm, its node for requests and data, the network."""
    info = site.docker.info()
    if info["Swarm"]["LocalNodeState"] == "inactive":
        advertise = ("--advertise-addr", advertise_address) if advertise_address else ()
        # Docker's own default is 10.0.0.0/8, where most providers' private networks are.
        site.docker.run("swarm", "init", "--default-addr-pool", site.settings.swarm_address_pool, *advertise)
    elif not info["Swarm"]["ControlAvailable"]:
        raise DeployError("The engine is in a swarm, but not as a manager.", hint="set DOCKER_HOST to a manager")
    found = nodes(site)
    for role in missing_roles(found):
        this_node = site.docker.info()["Swarm"]["NodeID"]
        site.docker.run("node", "update", "--label-add", f"{role}=yes", this_node)
    if not site.docker.inspect("network", site.stack):
        labels = options("--label", site.labels("network"))
        # of the packets between nodes; Docker takes the 50 bytes of VXLAN off for those of containers
        mtu = {"com.docker.network.driver.mtu": str(site.settings.swarm_mtu)}
        site.docker.run("network", "create", "--driver", "overlay", *options("--opt", mtu), *labels, site.stack)
    return f"{len(found)} node{'s' if len(found) > 1 else ''}"


def nodes(site: Site) -> list[dict[str, Any]]:
    """Return all nodes, as ``docker node inspect`` describes them."""
    return site.docker.inspect("node", *site.docker.ids("node", "ls", "--quiet"))


def listed(site: Site) -> list[dict[str, str]]:
    """Return the ID, Hostname and Status (Ready, Down) of all nodes, by one command."""
    return [json.loads(line) for line in site.docker.run("node", "ls", "--format", "json").splitlines()]


def missing_roles(found: list[dict[str, Any]]) -> list[str]:
    """Return the labels that no node carries."""
    return [role for role in ROLES if not any(node["Spec"]["Labels"].get(role) == "yes" for node in found)]
