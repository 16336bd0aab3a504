"""The names that things of a site have in the swarm, and the labels by which they are found again."""

NODE_LABELS = {"edge": "yes", "data": "yes"}


def service(stack: str, name: str) -> str:
    """Return the full name of a service of the stack."""
    return f"{stack}_{name}"


def labels(stack: str, kind: str, **more: str) -> dict[str, str]:
    """Return the labels of something that belongs to a site: a release, a secret, the lock ..."""
    return {"deploy.stack": stack, "deploy.kind": kind} | {f"deploy.{name}": value for name, value in more.items()}
