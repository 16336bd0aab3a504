"""The labels by which everything of a site is found again, and how they are written as options."""

from collections.abc import Mapping

# The label by which Docker itself knows the services of a stack.
NAMESPACE = "com.docker.stack.namespace"
# On the services of the application: which release they run.
RELEASE = "deploy.release"


def labels(stack: str, kind: str, **more: str) -> dict[str, str]:
    """Return the labels of something that belongs to a site: a release, a secret, the lock ..."""
    return {"deploy.stack": stack, "deploy.kind": kind} | {f"deploy.{name}": value for name, value in more.items()}


def options(option: str, values: Mapping[str, str]) -> list[str]:
    """Return ``option`` with ``name=value`` once for each of the values."""
    return [word for name, value in values.items() for word in (option, f"{name}={value}")]


def filters(values: Mapping[str, str]) -> list[str]:
    """Return ``--filter label=...`` for each label."""
    return [word for name, value in values.items() for word in ("--filter", f"label={name}={value}")]
