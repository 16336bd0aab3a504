"""Jobs: services of the swarm that run to their end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from ddpt_deploy.docker import options
from ddpt_deploy.errors import DeployError
from ddpt_deploy.release.verdict import judge_job
from ddpt_deploy.site import lock, services, store
from ddpt_deploy.site.site import Site
from ddpt_deploy.waiting import wait_until


@dataclass(frozen=True)
class Job:
    """What runs, and with what; with a read-only file system, only the capabilities that are named, and no second try.

    ``volumes`` map a path in the container to a volume of the site, ``configs`` a path to a config, ``secrets`` a file
    name to a secret.
    """

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
    volumes: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    # with the socket of the engine, by which it may do everything on its node
    engine: bool = False

    def arguments(self, stack: str) -> list[str]:
        """Return the arguments of ``docker`` that start it."""
        return [
            *("service", "create", "--detach", "--no-resolve-image", "--with-registry-auth"),
            *("--name", f"{stack}_{self.name}", "--label", f"{services.NAMESPACE}={stack}"),
            *("--mode", "global-job" if self.on_every_node else "replicated-job"),
            *("--restart-condition", "none", "--no-healthcheck", "--init"),
            *("--read-only", "--cap-drop", "ALL", "--limit-pids", "256"),
            *(word for capability in self.capabilities for word in ("--cap-add", capability)),
            *("--mount", "type=tmpfs,target=/tmp"),
            *("--log-driver", "json-file", "--log-opt", "max-size=10m"),
            *(("--user", self.user) if self.user else ()),
            *(("--constraint", self.constraint) if self.constraint else ()),
            *(("--network", stack) if self.on_network else ()),
            *(("--limit-memory", self.memory) if self.memory else ()),
            *options("--env", self.environment),
            *(
                word
                for path, name in self.volumes.items()
                for word in ("--mount", f"type=volume,source={stack}_{name},target={path}")
            ),
            *(word for path, name in self.configs.items() for word in ("--config", f"source={name},target={path}")),
            *(word for file, name in self.secrets.items() for word in ("--secret", f"source={name},target={file}")),
            *(("--mount", "type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock") if self.engine else ()),
            *("--entrypoint", self.command[0]),
            self.image,
            *self.command[1:],
        ]


def run(site: Site, job: Job, *, timeout: float) -> str:
    """Run a job to its end, remove it, and return its log. Raises DeployError with the log when it fails."""
    try:
        start(site, job)
        wait(site, job.name, timeout=timeout)
        return services.log(site, job.name)
    finally:
        remove(site, job.name)


def start(site: Site, job: Job) -> None:
    """Start a job in place of the one before it."""
    remove(site, job.name)
    site.docker.run(*job.arguments(site.stack))


def wait(site: Site, name: str, *, timeout: float) -> None:
    """Wait for a job. Raises DeployError when a task fails, or when it takes too long."""

    def poll() -> str:
        verdict = judge_job(services.tasks(site, name))
        if verdict.state == "failed":
            raise DeployError(f"The job {site.name(name)} failed: {verdict.reason}.", cause=services.log(site, name))
        return verdict.missing

    if missing := wait_until(poll, timeout=timeout, progress=site.console.progress):
        problem = f"The job {site.name(name)} timed out after {timeout:.0f} s: {missing}."
        raise DeployError(problem, cause=services.log(site, name))


def remove(site: Site, name: str) -> None:
    """Remove a job, if there is one; what runs of it is stopped. Raises LockLostError: another command may have started it."""
    lock.check(site)
    site.docker.remove("service", site.name(name))


def script(site: Site, name: str) -> str:
    """Store a script of this package for a job, and return the name of the config."""
    return store.file(site, (resources.files("ddpt_deploy") / "scripts" / name).read_text())
