from dataclasses import replace

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import preflight, rollout
from ddpt_deploy.site import lock, stacks
from ddpt_deploy.site.site import Site


def run(site: Site, service: str = "django", replicas: str = "") -> None:
    """Run another number of containers until the next deploy.

    Args:
        service: django when left out
        replicas: how many containers
    """
    scalable = [name for stack in stacks.application(site) for name in stack.services]
    if not replicas.isdecimal() or service not in scalable:
        problem = (
            f"{service} cannot be scaled to {replicas or 'no number'}: only {' and '.join(scalable)}, to a number."
        )
        raise DeployError(problem, hint="make scale REPLICAS=3")
    if service == "django":
        preflight.check_sizes(replace(site.settings, django_replicas=int(replicas)))
    with lock.held(site, f"scale {service} to {replicas}") as site, site.console.step("scale") as step:
        rollout.scale(site, service, int(replicas), step=step)
        step.detail = f"{replicas} of {service}; to keep it: DJANGO_REPLICAS in {site.settings.environment}.env"
