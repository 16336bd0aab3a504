"""docker service ..., and the tasks of services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deploy.commands import pairs


@dataclass(frozen=True)
class Mount:
    """A volume in a container."""

    volume: str
    target: str

    def __str__(self) -> str:
        return f"type=volume,source={self.volume},target={self.target}"


@dataclass(frozen=True)
class Job:
    """A one-off service: what runs, and with what."""

    name: str
    image: str
    command: Sequence[str]
    everywhere: bool = False
    user: str = ""
    capabilities: Sequence[str] = ()
    constraint: str = ""
    network: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Sequence[Mount] = ()
    configs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


def create_job(job: Job) -> list[str]:
    """Start a job: once, or once on every node that the constraint allows.

    ``configs`` map a path in the container to a config, ``secrets`` a file name to a secret.
    A job has a read-only file system, no capability that is not named, and no second try.
    """
    return [
        *("service", "create", "--detach", "--no-resolve-image", "--with-registry-auth", "--name", job.name),
        *("--mode", "global-job" if job.everywhere else "replicated-job"),
        *("--restart-condition", "none", "--read-only", "--cap-drop", "ALL"),
        *(word for capability in job.capabilities for word in ("--cap-add", capability)),
        *("--mount", "type=tmpfs,target=/tmp"),
        *("--log-driver", "json-file", "--log-opt", "max-size=10m"),
        *(("--user", job.user) if job.user else ()),
        *(("--constraint", job.constraint) if job.constraint else ()),
        *(("--network", job.network) if job.network else ()),
        *pairs("--env", job.environment),
        *(word for mount in job.mounts for word in ("--mount", str(mount))),
        *(word for path, name in job.configs.items() for word in ("--config", f"source={name},target={path}")),
        *(word for file, name in job.secrets.items() for word in ("--secret", f"source={name},target={file}")),
        *("--entrypoint", job.command[0]),
        job.image,
        *job.command[1:],
    ]


def inspect(*names: str) -> list[str]:
    """Describe services."""
    return ["service", "inspect", *names]


def ids_of_stack(stack: str) -> list[str]:
    """List the ids of the services of a stack."""
    return ["service", "ls", "--quiet", "--filter", f"label=com.docker.stack.namespace={stack}"]


def tasks(name: str) -> list[str]:
    """List the ids of a service's tasks, those of the past included."""
    return ["service", "ps", "--quiet", "--no-trunc", name]


def inspect_tasks(*ids: str) -> list[str]:
    """Describe tasks."""
    return ["inspect", "--type", "task", *ids]


def logs(name: str, *, since: str = "", tail: str = "", follow: bool = False, raw: bool = False) -> list[str]:
    """Print the log of a service or of one task."""
    return [
        *("service", "logs"),
        *(("--raw",) if raw else ("--timestamps", "--no-trunc")),
        *(("--since", since) if since else ()),
        *(("--tail", tail) if tail else ()),
        *(("--follow",) if follow else ()),
        name,
    ]


def scale(name: str, replicas: int) -> list[str]:
    """Change the number of replicas, and do not wait."""
    return ["service", "scale", "--detach", f"{name}={replicas}"]


def remove(*names: str) -> list[str]:
    """Remove services."""
    return ["service", "rm", *names]
