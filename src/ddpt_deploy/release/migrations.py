"""The migrations of a release: a job that runs once, before the rollout, with Django's image, settings and secrets."""

import hashlib
import json

from ddpt_deploy.errors import DeployError, DockerError
from ddpt_deploy.release import job
from ddpt_deploy.release.job import Job
from ddpt_deploy.release.verdict import judge_job
from ddpt_deploy.site import secrets, services, stacks
from ddpt_deploy.site.releases import Release
from ddpt_deploy.site.site import Site
from ddpt_deploy.waiting import wait_until

NAME = "migrate"


def migrate(site: Site, release: Release) -> tuple[list[str], list[str]]:
    """Run the migrations of a release once; return all that it knows, and those that were applied now.

    Raises DeployError with the job's log when they fail or time out; the running release is not touched.
    The job stays for ``make migration-logs``. One that another deploy left running is waited for first.
    """
    timeout = site.settings.migration_timeout
    if wait_until(lambda: _running(site), timeout=timeout, progress=site.console.progress):
        raise DeployError(
            f"The migrations of another deploy still run after {timeout} s.",
            hint=f"make migration-logs, then wait, or end them: docker service rm {site.name(NAME)}",
        )
    try:
        job.start(site, migration_job(site, release))
        job.wait(site, NAME, timeout=timeout)
    except DockerError:
        # nobody knows how far they are: they go on, and the next deploy waits for them
        raise
    except BaseException:
        # a migration that nobody waits for must not go on; a job has no other way to be stopped
        if _running(site):
            job.remove(site, NAME)
        raise
    # the last such line; what Django logs may come after it
    lines = [line for line in services.log(site, NAME).splitlines() if line.startswith('{"applied"')]
    if not lines:
        raise DeployError("The migration job did not print what it applied.", hint="make migration-logs")
    printed = json.loads(lines[-1])
    return printed["known"], printed["applied"]


def files(site: Site, image: str) -> str:
    """Return a checksum of the paths of the migrations in an image, by which two releases can be compared.

    Raises DockerError.
    """
    find = ("--entrypoint", "find", image, "/app", "/opt/venv", "-path", "*/migrations/*.py")
    paths = sorted(site.docker.run("run", "--rm", "--network", "none", *find).splitlines())
    return hashlib.sha256("\n".join(paths).encode()).hexdigest()


def migration_job(site: Site, release: Release, database: str = "") -> Job:
    """Return the job that applies the migrations of a release: Django's service with another command.

    ``database`` names another one than the site's.
    """
    files = secrets.files(site, "django")
    variables = {**stacks.variables(site, files), **release.variables}
    variables["DATABASE_NAME"] = database or site.settings.database
    django = stacks.read(site, "django", release.stacks["django"], variables).services["django"]
    limits = ((django.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    environment = {name: str(value) for name, value in (django.get("environment") or {}).items() if value is not None}
    environment |= release.environment
    url = environment.get("DATABASE_URL", "")
    if url and "options=" not in url:
        # PostgreSQL ends a statement when the deploy has timed out
        options = f"options=-c%20statement_timeout%3D{site.settings.migration_timeout}s"
        environment["DATABASE_URL"] = f"{url}{'&' if '?' in url else '?'}{options}"
    return Job(
        name=NAME,
        image=release.image,
        command=("python", "manage.py", "migrate_release"),
        on_network=True,
        memory=str(limits.get("memory", "")),
        environment=environment,
        secrets=files,
    )


def _running(site: Site) -> str:
    """Return what the job is doing while it runs; nothing where there is none, it has ended, or its node is down."""
    found = services.tasks(site, NAME)
    verdict = judge_job(found) if found else None
    return f"waiting for migrations that still run: {verdict.reason}" if verdict and verdict.missing else ""
