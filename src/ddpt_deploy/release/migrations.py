"""The migrations of a release: a job that runs once, before the rollout, with Django's image, settings and secrets."""

import hashlib
import json
from collections.abc import Sequence

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import job
from ddpt_deploy.site import releases, secrets, stacks
from ddpt_deploy.site.site import Site

NAME = "migrate"


def migrate(site: Site, release: releases.Release) -> tuple[list[str], list[str]]:
    """Run the migrations of a release once; return all that it knows, and those that were applied now.

    The job stays for ``make migration-logs``. One that another deploy has left is waited for first. Raises DeployError.
    """
    timeout = site.settings.migration_timeout
    if site.console.wait_until(lambda: job.running(site, NAME), timeout=timeout):
        hint = f"make migration-logs, then wait, or end them: docker service rm {site.name(NAME)}"
        raise DeployError(f"The migrations of another deploy still run after {timeout} s.", hint=hint)
    # for when nobody watches it any more: a laptop may be asleep
    limit = ("timeout", "-k", "10", str(timeout + 60))
    task = django_job(site, release, NAME, [*limit, "python", "manage.py", "migrate_release"])
    printed = job.run(site, task, timeout=timeout, keep=True)
    # the last such line; what Django logs may come after it
    lines = [line for line in printed.splitlines() if line.startswith('{"applied"')]
    if not lines:
        raise DeployError("The migration job did not print what it applied.", hint="make migration-logs")
    names = json.loads(lines[-1])
    return names["known"], names["applied"]


def files(site: Site, image: str) -> str:
    """Return a checksum of the paths of the migrations in an image, to compare releases by. Raises DockerError."""
    find = ("--entrypoint", "find", image, "/app", "/opt/venv", "-path", "*/migrations/*.py")
    paths = sorted(site.docker.run("run", "--rm", "--network", "none", *find).splitlines())
    return hashlib.sha256("\n".join(paths).encode()).hexdigest()


def django_job(
    site: Site, release: releases.Release, name: str, command: Sequence[str], *, database: str = "", memory: str = ""
) -> job.Job:
    """Return a job that is Django's service of a release with another command, and maybe another database or limit."""
    files = secrets.files(site, "django")
    variables = {**stacks.variables(site, files), **releases.given(site, release)}
    variables["DATABASE_NAME"] = database or site.settings.database
    django = stacks.read(site, "django", release.stacks["django"], variables).services["django"]
    limits = ((django.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    environment = {name: str(value) for name, value in (django.get("environment") or {}).items() if value is not None}
    return job.Job(
        name=name,
        image=release.image,
        command=command,
        on_network=True,
        memory=memory or str(limits.get("memory", "")),
        environment={**environment, **release.environment},
        volumes=job.named_volumes(django),
        secrets=files,
    )
