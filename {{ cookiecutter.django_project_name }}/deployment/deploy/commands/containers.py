"""docker exec, run, inspect ..."""

from collections.abc import Sequence


def inspect(*ids: str) -> list[str]:
    """Describe containers."""
    return ["inspect", "--type", "container", *ids]


def execute(container: str, command: Sequence[str], *, terminal: bool) -> list[str]:
    """Run a command in a running container."""
    return ["exec", "--interactive", *(("--tty",) if terminal else ()), container, *command]


def free_space(image: str) -> list[str]:
    """Print the kilobytes that are free where the engine keeps images and containers."""
    return ["run", "--rm", "--network", "none", "--entrypoint", "df", image, "-Pk", "/"]
