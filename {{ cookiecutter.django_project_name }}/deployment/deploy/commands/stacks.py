"""docker stack ..."""

from collections.abc import Sequence


def deploy(name: str, files: Sequence[str]) -> list[str]:
    """Create or update the services in the files, and do not wait.

    Waiting is left to ``rollout``: the CLI's own exits with 0 after an automatic rollback
    (https://github.com/docker/cli/issues/6752). The image of a release is named by a digest or by a
    tag of this engine, so there is nothing to resolve at a registry.
    """
    return ["stack", "deploy", "--detach=true", "--resolve-image=never", "--with-registry-auth", *_files(files), name]


def config(files: Sequence[str]) -> list[str]:
    """Check the files and print what they amount to."""
    return ["stack", "config", *_files(files)]


def _files(files: Sequence[str]) -> list[str]:
    return [word for file in files for word in ("--compose-file", file)]
