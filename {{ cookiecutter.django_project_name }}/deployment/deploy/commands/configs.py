"""docker config ..."""

from collections.abc import Mapping

from deploy.commands import filters, pairs


def create(name: str, labels: Mapping[str, str]) -> list[str]:
    """Create a config from standard input; the engine refuses a name that is taken."""
    return ["config", "create", *pairs("--label", labels), name, "-"]


def ids(labels: Mapping[str, str]) -> list[str]:
    """List the ids of the configs that carry the labels."""
    return ["config", "ls", "--quiet", *filters(labels)]


def inspect(*names: str) -> list[str]:
    """Describe configs."""
    return ["config", "inspect", *names]


def remove(name: str) -> list[str]:
    """Remove a config; the engine refuses where a service uses it."""
    return ["config", "rm", name]
