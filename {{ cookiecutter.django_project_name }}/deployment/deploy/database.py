"""The database that Django uses: its role, its password and its migrations."""

import json
from dataclasses import dataclass

from deploy import job, records, secret, stack
from deploy.commands import services
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
    stack.deploy(
        site,
        "migrate",
        environment=release.environment,
        values={"DJANGO_IMAGE": release.image, "RELEASE": release.version},
    )
    try:
        job.wait(site.engine, name, timeout=site.settings.migration_timeout, step=step)
    except BaseException:
        # a migration that nobody waits for must not go on
        site.engine.succeeds(services.stop_job(name))
        raise
    last = job.log(site.engine, name).strip().splitlines()[-1]
    return Migrations(**json.loads(last))


def _run(site: Site, file: str, step: Step | None) -> None:
    versions = secret.versions(site)
    if "POSTGRES_PASSWORD" not in versions or "DATABASE_PASSWORD" not in versions:
        raise DeployError("The passwords of the database are missing.", hint="make secrets")
    superuser, django = versions["POSTGRES_PASSWORD"], versions["DATABASE_PASSWORD"][-1]
    files = {
        "POSTGRES_PASSWORD": secret.full_name(site, "POSTGRES_PASSWORD", superuser[-1]),
        "DATABASE_PASSWORD": secret.full_name(site, "DATABASE_PASSWORD", django),
    }
    if len(superuser) > 1:
        files["POSTGRES_PASSWORD_BEFORE"] = secret.full_name(site, "POSTGRES_PASSWORD", superuser[-2])
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
