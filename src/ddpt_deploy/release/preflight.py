"""Preflight: everything that can be known to fail before anything is changed, listed at once."""

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.release import backups, database, git, image
from ddpt_deploy.site import releases, secrets, services, stacks, swarm
from ddpt_deploy.site.settings import MEGABYTE, WORKER_MEMORY, Settings
from ddpt_deploy.site.site import Site

# https://docs.docker.com/engine/release-notes/25.0/ brought start_interval for health checks
OLDEST_ENGINE = (25, 0)
FREE_GIGABYTES = 2
# https://docs.docker.com/engine/swarm/swarm-tutorial/#open-protocols-and-ports-between-the-hosts, but for UDP
SWARM_PORTS = (2377, 7946)


def check(
    site: Site, *, setup: bool = False, move: bool = False, allow_dirty: bool = False, pushed: bool = False
) -> None:
    """Raise DeployError that lists all problems.

    None is, with ``setup``, that services are not deployed yet; with ``move``, another domain than that of the last
    release; with ``allow_dirty``, changes that are not committed; with ``pushed``, that there is no registry.
    """
    problems = list(_engine(site))
    if not problems:
        found, unreadable = _stacks(site)
        application = [stack for stack in found if stack.is_application]
        backing = [stack for stack in found if not stack.is_application]
        problems = [
            *_source(site, allow_dirty),
            *_names(site, setup),
            *_nodes(site, pushed),
            *_secrets(site),
            *unreadable,
            *_sizes(site.settings),
            *_uploads(site.settings, application),
            *_images(site, backing),
            *(_failure(backups.run, site, "database", "check") if site.settings.external_database else ()),
            *(() if setup else _services(site, backing)),
            *(f"{problem}: make reindex" for problem in database.sort_order_problems(site)),
            *(() if move else _failure(releases.history_for_domain, site)),
        ]
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise DeployError(f"{site.stack} cannot be deployed:", cause=listed, hint="make deploy-check checks again")


def _engine(site: Site) -> Iterator[str]:
    try:
        info = site.docker.info()
    except DockerError as error:
        yield f"no engine answers ({error.cause}): start Docker, or set DOCKER_HOST"
        return
    version = info["ServerVersion"]
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_ENGINE:
        yield f"the engine is {version}: {'.'.join(map(str, OLDEST_ENGINE))} or newer is required"
    elif not info["Swarm"].get("ControlAvailable"):
        yield "the engine is not a manager of a swarm: make setup"


def _stacks(site: Site) -> tuple[list[stacks.Stack], list[str]]:
    """Return the stacks that can be read, and what is wrong with the others."""
    found, problems = [], []
    for name in stacks.names(site):
        try:
            stack = stacks.get(site, name)
            stacks.apply(site, stack, secrets.files(site, stack.name), {}, check_only=True)
            found.append(stack)
        except DeployError as error:
            problems.append(f"stacks/{name}.yml: {error.cause or error.message} {error.hint}".strip())
    if not problems and not any(stack.is_application for stack in found):
        problems.append("no file in stacks/ has a service with the label deploy.release: ${RELEASE}")
    return found, problems


def _source(site: Site, allow_dirty: bool) -> Iterator[str]:
    if git.is_dirty(site.project) and not allow_dirty:
        if site.settings.is_local:
            site.console.warn("Not all changes are committed; the version of the release is its time.")
        else:
            yield "there are changes that are not committed: git commit, or ALLOW_DIRTY=1"
    if not site.dockerfile.is_file():
        yield "there is no Dockerfile in the project"


def _names(site: Site, setup: bool) -> Iterator[str]:
    known = site.settings
    names = {} if known.is_local else {"DOMAIN_NAME": known.domain_name, "ACME_EMAIL": known.acme_email}
    examples = [name for name, value in names.items() if re.search(r"(^|[.@])example(\.(com|net|org))?$", value)]
    for name in examples:
        yield f"{name}={names[name]} is only an example: write yours into {known.environment}.env"
    machine = urlsplit(os.environ.get("DOCKER_HOST", "")).hostname or "localhost"
    server = {node["Status"]["Addr"] for node in swarm.nodes(site)} | _addresses(machine)
    bridges = site.docker.inspect("network", "docker_gwbridge")
    for host in known.hosts if names and not examples else ():
        found = _addresses(host)
        if setup and (not found or found - server):
            # which may be right: a CDN, NAT, or an address of the server that is not known here
            addresses = ", ".join(sorted(found)) or "no address"
            site.console.warn(f"DNS has {addresses} for {host}, and the server is {', '.join(sorted(server))}.")
        if ":" in "".join(found) and not all(bridge.get("EnableIPv6") for bridge in bridges):
            problem = f"{host} has an AAAA record, and the bridge docker_gwbridge no IPv6: all clients by IPv6 have one address"
            site.console.warn(f"{problem}. Remove the record, or see README.md, Set up a server.")
    for port in SWARM_PORTS if setup and names else ():
        with suppress(OSError), socket.create_connection((machine, port), timeout=1):
            site.console.warn(f"Port {port} of {machine} is open, and only for other nodes: close it in the firewall.")


def _addresses(host: str) -> set[str]:
    with suppress(OSError):
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    return set()


def _nodes(site: Site, pushed: bool) -> Iterator[str]:
    found = swarm.nodes(site)
    for role in swarm.missing_roles(found):
        yield f"no node {swarm.ROLES[role]}: docker node update --label-add {role}=yes NODE"
    data = [node["Description"]["Hostname"] for node in found if node["Spec"]["Labels"].get("data") == "yes"]
    if len(data) > 1:
        problem = f"the nodes {', '.join(data)} have the label data, and one has the database"
        yield f"{problem}: docker node update --label-rm data NODE"
    if len(found) > 1 and not site.settings.registry and not pushed:
        yield f"{len(found)} nodes need a registry for the image: set REGISTRY"


def _secrets(site: Site) -> Iterator[str]:
    for entry in secrets.missing(site):
        yield f"the secret {entry.name} is missing ({entry.about}): make secrets"
    stored = secrets.versions(site)
    replaced = any(entry.replaces == "EMAIL_HOST" and entry.name in stored for entry in secrets.catalogue(site))
    if not site.settings.django.get("EMAIL_HOST") and not replaced:
        write = f"write EMAIL_HOST=smtp.example.com into {site.settings.environment}.env"
        yield f"EMAIL_HOST is required: {write}, or EMAIL_HOST=off for a site that sends no email"


def check_sizes(settings: Settings) -> None:
    """Raise DeployError when the sizes in the settings do not fit each other."""
    if problem := next(_sizes(settings), ""):
        raise DeployError(f"The sizes do not fit: {problem}.", hint=f"edit deployment/{settings.environment}.env")


def _sizes(settings: Settings) -> Iterator[str]:
    needed = settings.database_connections + 10
    if needed > settings.postgres_max_connections:
        opened = f"Django may open {settings.database_connections} database connections in a rollout"
        limit = f"POSTGRES_MAX_CONNECTIONS is {settings.postgres_max_connections}: raise it to {needed}"
        fewer = "use fewer DJANGO_REPLICAS, GUNICORN_WORKERS or GUNICORN_THREADS"
        yield f"{opened}, when each replica has two containers, and 10 more are reserved, but {limit}, or {fewer}"
    if settings.workers > settings.max_workers:
        memory = 2 * (settings.workers + 1) * WORKER_MEMORY // MEGABYTE
        problem = f"{settings.workers} processes of gunicorn need more than half of DJANGO_MEMORY"
        yield f"{problem}: raise it to {memory}M, or use fewer GUNICORN_WORKERS"


def _uploads(settings: Settings, application: list[stacks.Stack]) -> Iterator[str]:
    if not settings.uploads_at_once:
        # Django's /tmp is on a disk then
        return
    needed = settings.uploads_at_once * settings.max_upload
    sizes = {"half of DJANGO_MEMORY": settings.django_memory // 2}
    for stack in application:
        for name, service in stack.services.items():
            for volume in service.get("volumes", []):
                if volume["target"] == "/tmp" and "size" in volume.get("tmpfs", {}):
                    sizes[f"/tmp of {name} in stacks/{stack.name}.yml"] = int(volume["tmpfs"]["size"])
    uploads, threads = f"{settings.uploads_at_once} uploads at once may", settings.gunicorn_threads
    for name in [name for name, size in sizes.items() if needed > size]:
        problem = f"{uploads} take {needed // 10**6} MB of each container, but {name} is {sizes[name] // 10**6} MB"
        yield f"{problem}: lower UPLOADS_AT_ONCE or MAX_UPLOAD"
    # one process of gunicorn may get them all
    if settings.uploads_at_once >= max(2, threads):
        yield f"{uploads} hold all {threads} GUNICORN_THREADS: lower UPLOADS_AT_ONCE to {max(1, threads - 1)}"


def _images(site: Site, backing: list[stacks.Stack]) -> Iterator[str]:
    for reference in [one for stack in backing for one in stack.images]:
        yield from _failure(image.ensure, site, reference)
    try:
        gigabytes, _ = image.free_disk(site)
    except DeployError as error:
        yield f"the free disk space is not known: {error.cause or error.message}"
        return
    if gigabytes < FREE_GIGABYTES:
        yield f"only {gigabytes:.1f} GB of disk are free, {FREE_GIGABYTES} are required: make prune"


def _services(site: Site, backing: list[stacks.Stack]) -> Iterator[str]:
    for stack in backing:
        for name in stack.services:
            if not services.find(site, name):
                yield f"{site.name(name)} is not deployed: make deploy-{stack.name}, or make setup"


def _failure(call: Callable[..., object], *arguments: object) -> Iterator[str]:
    """Return what a call raises, if it does."""
    try:
        call(*arguments)
    except DeployError as error:
        yield " ".join(filter(None, (error.message, error.cause, error.hint)))
