"""Jobs: services of the swarm that run to their end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.release import image
from ddpt_deploy.release.verdict import judge_job
from ddpt_deploy.site import lock, services
from ddpt_deploy.site.site import Site


@dataclass(frozen=True)
class Job:
    """What runs, and with what; on a read-only file system, with the capabilities that are named, and no second try."""

    name: str
    image: str
    command: Sequence[str]
    # or once, on a node that the constraint allows
    on_every_node: bool = False
    constraint: str = ""
    user: str = ""
    capabilities: Sequence[str] = ()
    on_network: bool = False
    memory: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    # what is where: volumes of the site and configs by paths in the container, secrets by names of files
    volumes: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    # with the socket of the engine, by which it may do everything on its node
    engine: bool = False

    def arguments(self, stack: str) -> list[str]:
        """Return the arguments of ``docker`` that start it."""
        volumes = [f"type=volume,source={stack}_{name},target={path}" for path, name in self.volumes.items()]
        engine = ["type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock"] if self.engine else []
        repeated = {
            "--cap-add": self.capabilities,
            "--user": [self.user] if self.user else [],
            "--constraint": [self.constraint] if self.constraint else [],
            "--network": [stack] if self.on_network else [],
            "--limit-memory": [self.memory] if self.memory else [],
            "--env": [f"{name}={value}" for name, value in self.environment.items()],
            "--mount": ["type=tmpfs,target=/tmp", *volumes, *engine],
            "--config": [f"source={name},target={path}" for path, name in self.configs.items()],
            "--secret": [f"source={name},target={file}" for file, name in self.secrets.items()],
        }
        return [
            *("service", "create", "--detach", "--no-resolve-image", "--with-registry-auth"),
            *("--name", f"{stack}_{self.name}", "--label", f"{services.NAMESPACE}={stack}"),
            *("--mode", "global-job" if self.on_every_node else "replicated-job"),
            *("--restart-condition", "none", "--no-healthcheck", "--init"),
            *("--read-only", "--cap-drop", "ALL", "--limit-pids", "256"),
            *("--log-driver", "json-file", "--log-opt", "max-size=10m"),
            *(word for option, values in repeated.items() for value in values for word in (option, value)),
            *("--entrypoint", self.command[0]),
            self.image,
            *self.command[1:],
        ]


def run(site: Site, job: Job, *, timeout: float, keep: bool = False) -> str:
    """Run a job to its end in place of the one before it, and return its log. Raises DeployError with the log.

    It is removed at the end; one to ``keep`` stays for its log, and goes on where the engine cannot be reached.
    """
    try:
        remove(site, job.name)
        site.docker.run(*replace(job, image=image.pinned(site, job.image)).arguments(site.stack))
        wait(site, job.name, timeout=timeout)
        printed = services.log(site, job.name)
    except BaseException as error:
        # What nobody waits for must not go on; but when the connection is lost nobody knows how far it is.
        if not keep or (not isinstance(error, DockerError) and running(site, job.name)):
            remove(site, job.name)
        raise
    if not keep:
        remove(site, job.name)
    return printed


def wait(site: Site, name: str, *, timeout: float) -> None:
    """Wait for a job. Raises DeployError when a task fails, or when it takes too long."""

    def poll() -> str:
        verdict = judge_job(services.tasks(site, name))
        if verdict.state == "failed":
            raise DeployError(f"The job {site.name(name)} failed: {verdict.reason}.", cause=services.log(site, name))
        return verdict.missing

    if missing := site.console.wait_until(poll, timeout=timeout):
        problem = f"The job {site.name(name)} timed out after {timeout:.0f} s: {missing}."
        raise DeployError(problem, cause=services.log(site, name))


def running(site: Site, name: str) -> str:
    """Return what a job is doing while it runs; nothing where there is none, it has ended, or its node is down."""
    found = services.tasks(site, name)
    return judge_job(found).missing if found else ""


def remove(site: Site, name: str) -> None:
    """Remove a job, if there is one; what runs of it is stopped. Raises LockLostError."""
    # another command may have started it
    lock.check(site)
    site.docker.remove("service", site.name(name))


def named_volumes(service: Mapping[str, Any]) -> dict[str, str]:
    """Return the volumes of a service by their paths, but for those without a name, which each container has anew."""
    volumes = service.get("volumes") or []
    return {one["target"]: one["source"] for one in volumes if one["type"] == "volume" and "source" in one}
