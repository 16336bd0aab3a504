"""docker build, push, pull, image ..."""

from collections.abc import Mapping

from deploy.commands import filters, pairs


def build(tag: str, *, context: str, target: str, arguments: Mapping[str, str], labels: Mapping[str, str]) -> list[str]:
    """Build one target of the Dockerfile in ``context``."""
    return [
        *("build", "--target", target, "--tag", tag),
        *pairs("--build-arg", arguments),
        *pairs("--label", labels),
        context,
    ]


def push(tag: str) -> list[str]:
    """Push to the registry that the tag names."""
    return ["push", tag]


def pull(reference: str) -> list[str]:
    """Fetch an image."""
    return ["pull", reference]


def inspect(*references: str) -> list[str]:
    """Describe images."""
    return ["image", "inspect", *references]


def ids(labels: Mapping[str, str]) -> list[str]:
    """List the ids of the images that carry the labels."""
    return ["image", "ls", "--quiet", "--no-trunc", *filters(labels)]


def remove(reference: str) -> list[str]:
    """Remove an image or one of its tags; the engine refuses where a container needs it."""
    return ["image", "rm", reference]


def tag(reference: str, name: str) -> list[str]:
    """Give an image one more name."""
    return ["tag", reference, name]
