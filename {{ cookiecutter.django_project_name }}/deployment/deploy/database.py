"""The database that Django uses: its role, its password and its migrations."""

import json
from dataclasses import dataclass

from deploy import job, records, secret, stack
from deploy.commands.services import Job
from deploy.console import Step
from deploy.errors import DeployError
from deploy.release import Release
from deploy.site import Site


def open_to_django(site: Site, step: Step | None = None) -> None:
    """See to it that the database is there and that Django's newest password opens it."""
    _run(site, "open_database.sql", step)


def close_to_old_passwords(site: Site, step: Step | None = None) -> None:
    """Remove the roles of all passwords but the newest."""
    _run(site, "close_database.sql", step)


@dataclass(frozen=True)
class Migrations:
    """What the job says of a release's migrations."""

    known: list[str]
    applied: list[str]

    def __str__(self) -> str:
        """Say what was applied, in a line."""
        if not self.applied:
            return "nothing to do"
        more = f" and {len(self.applied) - 3} more" if len(self.applied) > 3 else ""
        return ", ".join(self.applied[:3]) + more


def migrate(site: Site, release: Release, step: Step | None = None) -> Migrations:
    """Run the migrations of a release once.

    Raises DeployError with the job's log when they fail or last too long; the running release is not touched.
    The job stays for ``make migration-logs``.
    """
    name = site.service("migrate")
    job.remove(site.engine, name)
    try:
        stack.deploy(
            site,
            "migrate",
            environment=release.environment,
            values={"DJANGO_IMAGE": release.image, "RELEASE": release.version},
        )
        job.wait(site.engine, name, timeout=site.settings.migration_timeout, step=step)
    except BaseException:
        # a migration that nobody waits for must not go on; a job has no other way to be stopped
        if job.judge(job.tasks(site.engine, name))[0] == "waiting":
            job.remove(site.engine, name)
        raise
    # the last line that it printed; what Django logs may come after it
    said = [line for line in job.log(site.engine, name).splitlines() if line.startswith('{"applied"')]
    if not said:
        raise DeployError("The migration job does not say what it did.", hint="make migration-logs")
    return Migrations(**json.loads(said[-1]))


def _run(site: Site, file: str, step: Step | None) -> None:
    versions = secret.versions(site)
    if "POSTGRES_PASSWORD" not in versions or "DATABASE_PASSWORD" not in versions:
        raise DeployError("The passwords of the database are missing.", hint="make secrets")
    superuser, django = versions["POSTGRES_PASSWORD"], versions["DATABASE_PASSWORD"][-1]
    files = {
        "POSTGRES_PASSWORD": secret.full_name(site, "POSTGRES_PASSWORD", superuser[-1]),
        "DATABASE_PASSWORD": secret.full_name(site, "DATABASE_PASSWORD", django),
        # PostgreSQL knows one of those until this job has told it the newest
        **{f"POSTGRES_PASSWORD_{old}": secret.full_name(site, "POSTGRES_PASSWORD", old) for old in superuser[:-1]},
    }
    job.run(
        site.engine,
        Job(
            name=site.service("database"),
            image=stack.image(site, "postgres"),
            command=("sh", "/psql.sh"),
            user="postgres",
            network=site.stack,
            environment={"NAME": site.settings.database, "LOGIN": f"{site.settings.database}_{django}"},
            configs={
                "/psql.sh": records.file(site.engine, site.stack, site.file("jobs/psql.sh").read_text()),
                "/job.sql": records.file(site.engine, site.stack, site.file(f"jobs/{file}").read_text()),
            },
            secrets=files,
        ),
        timeout=60,
        step=step,
    )
