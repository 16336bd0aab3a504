"""The image of a release: built with its version, and named by its content."""

from dataclasses import dataclass
from typing import Any

from ddpt_deploy.docker.labels import labels, options
from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.site import backups_image, stacks
from ddpt_deploy.site.site import Site


@dataclass(frozen=True)
class Image:
    """An image: the name that services are given, and the digest of its content."""

    reference: str
    digest: str


def build(site: Site, version: str) -> Image:
    """Build the project, and tag it with its version and its content: such a name never means another image."""
    tag = f"{site.settings.image}:{version}"
    site.docker.run(
        *("build", "--target", "production", "--tag", tag),
        *options("--build-arg", {"VERSION": version, "RELEASE": version}),
        *options("--label", labels(site.stack, "image", version=version)),
        str(site.project),
    )
    digest = _inspect(site, tag)["Id"]
    reference = f"{tag}-{digest.removeprefix('sha256:')[:12]}"
    site.docker.run("tag", tag, reference)
    return Image(reference, digest)


def push(site: Site, image: Image) -> Image:
    """Push an image to the registry, and return it by the digest that it has there."""
    site.docker.run("push", image.reference)
    repository = image.reference.rpartition(":")[0]
    for name in _inspect(site, image.reference).get("RepoDigests") or []:
        if name.startswith(f"{repository}@"):
            return Image(name, image.digest)
    raise DeployError(f"{image.reference} was pushed, but the engine does not know its digest.", hint="make push")


def pull(site: Site, reference: str) -> None:
    """Pull an image, or build that of the backups, unless the engine has it. Raises DeployError."""
    if site.docker.inspect("image", reference):
        return
    if reference == backups_image.reference(site):
        _build_backups_image(site, reference)
        return
    try:
        site.docker.run("pull", reference)
    except DockerError as error:
        raise DeployError(
            f"The engine does not have the image {reference}, and it cannot be pulled.", cause=error.cause
        ) from None


def _build_backups_image(site: Site, reference: str) -> None:
    site.docker.run(
        *("build", "--tag", reference),
        *options("--build-arg", {"POSTGRES_IMAGE": stacks.get(site, "postgres").images[0]}),
        *options("--label", labels(site.stack, "backups-image")),
        str(site.folder / "backups"),
    )
    if site.settings.registry:
        site.docker.run("push", reference)


def _inspect(site: Site, reference: str) -> dict[str, Any]:
    found = site.docker.inspect("image", reference)
    if not found:
        raise DeployError(f"There is no image {reference}.", hint="make build-image")
    return found[0]
