"""The image of a release: built with its version, and named by its content."""

from ddpt_deploy.docker import Docker, options
from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.site import stacks
from ddpt_deploy.site.site import Site

# https://github.com/opencontainers/image-spec/blob/main/annotations.md
REVISION = "org.opencontainers.image.revision"


def build(site: Site, version: str) -> tuple[str, str, str]:
    """Build the project, on the engine or where BUILD_ON says, whose layers are then sent to the engine.

    Return the name of the image, by its version and content, the digest of its content, and how much was sent.
    """
    tag, where = f"{site.settings.image}:{version}", site.settings.build_on
    docker = Docker(str(site.folder / "build-elsewhere")) if where else site.docker
    printed = docker.run(
        *("build", "--target", "production", "--file", str(site.dockerfile), "--tag", tag),
        *options("--build-arg", {"VERSION": version, "RELEASE": version}),
        *options("--label", site.labels("image", version=version)),
        str(site.project),
        variables={"BUILD_ON": where, "TAG": tag},
    )
    [built] = site.docker.inspect("image", tag)
    digest = str(built["Id"])
    reference = f"{tag}-{digest.removeprefix('sha256:')[:12]}"
    site.docker.run("tag", tag, reference)
    return reference, digest, printed.strip() if where else ""


def pinned(site: Site, reference: str) -> str:
    """Return a name that never means another image: by its digest in a registry, or where none has it by its ID."""
    # Swarm pulls a tag again whenever a container starts, and a digest or an ID only where a node lacks it
    # (https://github.com/moby/moby/blob/v28.5.2/daemon/cluster/executor/container/adapter.go).
    if "@" in reference:
        return reference
    repository = reference.rpartition(":")[0]
    for found in site.docker.inspect("image", reference):
        by_digest = [name for name in found.get("RepoDigests") or [] if name.startswith(f"{repository}@")]
        return str([*by_digest, found["Id"]][0])
    return reference


def pull(site: Site, reference: str, version: str) -> str:
    """Pull an image of this version, built elsewhere, and return the digest of its content. Raises DeployError."""
    if "@sha256:" not in reference:
        raise DeployError(f"IMAGE: {reference} has no digest, so it may change.", hint="IMAGE=NAME@sha256:...")
    site.docker.run("pull", reference)
    [pulled] = site.docker.inspect("image", reference)
    built = (pulled.get("Config") or {}).get("Labels") or {}
    if built.get(REVISION) != version:
        problem = f"{reference} is not an image of {version}, but of {built.get(REVISION) or 'an unknown revision'}."
        raise DeployError(problem, hint="deploy the working copy that it was built of")
    return str(pulled["Id"])


def ensure(site: Site, reference: str) -> None:
    """Ensure that the engine has an image: pull it, or build one of the project's own. Raises DeployError."""
    if site.docker.inspect("image", reference):
        return
    for name in [name for name, own in stacks.own_images(site).items() if own == reference]:
        # the backups have its tools, also where the database is external
        postgres = stacks.read(site, "postgres", (site.folder / "stacks/postgres.yml").read_text(), {})
        site.docker.run(
            *("build", "--tag", reference),
            *options("--build-arg", {"POSTGRES_IMAGE": postgres.images[0]}),
            *options("--label", site.labels("image")),
            str(site.folder / name),
        )
        if site.settings.registry:
            site.docker.run("push", reference)
        return
    try:
        site.docker.run("pull", reference)
    except DockerError as error:
        hint = "git checkout VERSION, then make deploy" if reference.startswith(site.settings.image) else ""
        problem = f"The engine does not have the image {reference}, and it cannot be pulled."
        raise DeployError(problem, cause=error.cause, hint=hint) from None


def free_disk(site: Site) -> tuple[float, str]:
    """Return the free gigabytes where the engine keeps images and containers, and the share that is used (``42%``)."""
    reference = stacks.proxy(site).images[0]
    printed = site.docker.run("run", "--rm", "--network", "none", "--entrypoint", "df", reference, "-Pk", "/")
    columns = printed.splitlines()[-1].split()
    return int(columns[3]) / 1024**2, columns[4]
