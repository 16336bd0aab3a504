"""The image of a release: built with its version, and named by its content."""

from dataclasses import dataclass

from deploy import names
from deploy.commands import images
from deploy.errors import DeployError, EngineError
from deploy.site import Site


@dataclass(frozen=True)
class Image:
    """An image: the name that services are given, and the digest of its content."""

    reference: str
    digest: str


def build(site: Site, version: str) -> Image:
    """Build the project, and tag it with its version and its content: such a name never means another image."""
    tag = f"{site.settings.image}:{version}"
    site.engine.run(
        images.build(
            tag,
            context=str(site.folder.parent),
            target="production",
            arguments={"VERSION": version, "RELEASE": version},
            labels=names.labels(site.stack, "image", version=version),
        )
    )
    digest = _describe(site, tag)["Id"]
    reference = f"{tag}-{digest.removeprefix('sha256:')[:12]}"
    site.engine.run(images.tag(tag, reference))
    return Image(reference, digest)


def push(site: Site, image: Image) -> Image:
    """Push an image to the registry, and return it by the digest that it has there."""
    site.engine.run(images.push(image.reference))
    repository = image.reference.rpartition(":")[0]
    for name in _describe(site, image.reference).get("RepoDigests") or []:
        if name.startswith(f"{repository}@"):
            return Image(name, image.digest)
    raise DeployError(f"{image.reference} was pushed, but the engine does not know its digest.", hint="make push")


def fetch(site: Site, reference: str) -> None:
    """See to it that the engine has an image. Raises DeployError."""
    if site.engine.inspect(images.inspect(reference)):
        return
    try:
        site.engine.run(images.pull(reference))
    except EngineError as error:
        raise DeployError(f"The image {reference} is neither here nor at its registry.", cause=error.cause) from None


def _describe(site: Site, reference: str) -> dict:
    found = site.engine.inspect(images.inspect(reference))
    if not found:
        raise DeployError(f"There is no image {reference}.", hint="make build-image")
    return found[0]
