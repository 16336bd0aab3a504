"""Runs a job in the swarm and waits for its verdict."""

from importlib import resources

from ddpt_deploy.console import Step
from ddpt_deploy.docker.services import Job, create_job
from ddpt_deploy.errors import DeployError
from ddpt_deploy.release.verdict import judge_job
from ddpt_deploy.site import lock, services, store
from ddpt_deploy.site.site import Site
from ddpt_deploy.waiting import wait_until


def run(site: Site, job: Job, *, timeout: float, step: Step | None = None) -> str:
    """Run a job to its end, remove it, and return its log. Raises DeployError with the log when it fails."""
    try:
        start(site, job)
        wait(site, job.name, timeout=timeout, step=step)
        return services.log(site, job.name)
    finally:
        remove(site, job.name)


def start(site: Site, job: Job) -> None:
    """Start a job in place of the one before it."""
    remove(site, job.name)
    site.docker.run(*create_job(site.stack, job))


def wait(site: Site, name: str, *, timeout: float, step: Step | None = None) -> None:
    """Wait for a job. Raises DeployError when a task fails, or when it takes too long."""

    def poll() -> str:
        verdict = judge_job(services.tasks(site, name))
        if verdict.state == "failed":
            raise DeployError(f"The job {site.name(name)} failed: {verdict.reason}.", cause=services.log(site, name))
        return "" if verdict.state == "done" else verdict.reason

    reason = wait_until(poll, timeout=timeout, progress=step.progress if step else None)
    if reason:
        raise DeployError(
            f"The job {site.name(name)} timed out after {timeout:.0f} s: {reason}.", cause=services.log(site, name)
        )


def remove(site: Site, name: str) -> None:
    """Remove a job, if there is one; what runs of it is stopped. Raises LockLostError: another command may have started it."""
    lock.check(site)
    site.docker.succeeds("service", "rm", site.name(name))


def script(site: Site, name: str) -> str:
    """Store a script of this package for a job, and return the name of the config."""
    return store.file(site, (resources.files("ddpt_deploy") / "scripts" / name).read_text())
