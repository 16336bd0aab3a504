"""Arguments of ``docker service ...``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ddpt_deploy.docker.labels import NAMESPACE, options


@dataclass(frozen=True)
class Job:
    """A service that runs to its end: what runs, and with what.

    ``volumes`` map a path in the container to a volume of the site, ``configs`` a path to a config, ``secrets`` a file
    name to a secret. A job has a read-only file system, only the capabilities that are named, and no second try.
    """

    name: str
    image: str
    command: Sequence[str]
    on_every_node: bool = False
    user: str = ""
    capabilities: Sequence[str] = ()
    constraint: str = ""
    on_network: bool = False
    memory: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


def create_job(stack: str, job: Job) -> list[str]:
    """Start a job of a stack: once, or once on every node that the constraint allows."""
    return [
        *("service", "create", "--detach", "--no-resolve-image", "--with-registry-auth"),
        *("--name", f"{stack}_{job.name}", "--label", f"{NAMESPACE}={stack}"),
        *("--mode", "global-job" if job.on_every_node else "replicated-job"),
        *("--restart-condition", "none", "--no-healthcheck", "--init"),
        *("--read-only", "--cap-drop", "ALL", "--limit-pids", "256"),
        *(word for capability in job.capabilities for word in ("--cap-add", capability)),
        *("--mount", "type=tmpfs,target=/tmp"),
        *("--log-driver", "json-file", "--log-opt", "max-size=10m"),
        *(("--user", job.user) if job.user else ()),
        *(("--constraint", job.constraint) if job.constraint else ()),
        *(("--network", stack) if job.on_network else ()),
        *(("--limit-memory", job.memory) if job.memory else ()),
        *options("--env", job.environment),
        *(
            word
            for path, name in job.volumes.items()
            for word in ("--mount", f"type=volume,source={stack}_{name},target={path}")
        ),
        *(word for path, name in job.configs.items() for word in ("--config", f"source={name},target={path}")),
        *(word for file, name in job.secrets.items() for word in ("--secret", f"source={name},target={file}")),
        *("--entrypoint", job.command[0]),
        job.image,
        *job.command[1:],
    ]


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
