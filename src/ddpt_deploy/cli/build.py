from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import git, image, pipeline
from ddpt_deploy.site.site import Site


def run(site: Site, push: bool = False) -> None:
    """Build the image of the working copy.

    Args:
        push: also push it to the registry
    """
    version = git.version(site.project)
    if push and not site.settings.registry:
        raise DeployError("There is no registry to push to.", hint=f"set REGISTRY in {site.settings.environment}.env")
    if push:
        pipeline.build(site, version)
        return
    with site.console.step("build") as step:
        step.detail = image.build(site, version).reference
