"""docker secret ..."""

from collections.abc import Mapping

from deploy.commands import filters, pairs


def create(name: str, labels: Mapping[str, str]) -> list[str]:
    """Create a secret from standard input; the engine refuses a name that is taken."""
    return ["secret", "create", *pairs("--label", labels), name, "-"]


def ids(labels: Mapping[str, str]) -> list[str]:
    """List the ids of the secrets that carry the labels."""
    return ["secret", "ls", "--quiet", *filters(labels)]


def inspect(*names: str) -> list[str]:
    """Describe secrets."""
    return ["secret", "inspect", *names]


def remove(name: str) -> list[str]:
    """Remove a secret; the engine refuses where a service uses it."""
    return ["secret", "rm", name]
