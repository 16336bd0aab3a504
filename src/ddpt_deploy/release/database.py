"""The database of the site in PostgreSQL, and the roles by which Django logs in: one for each password."""

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import job
from ddpt_deploy.release.job import Job
from ddpt_deploy.site import secrets, stacks
from ddpt_deploy.site.site import Site


def ensure(site: Site) -> None:
    """Ensure that the database exists, and the role of Django's newest password."""
    _run_sql(site, "ensure_database.sql")


def drop_old_roles(site: Site) -> None:
    """Drop the roles of all passwords but the newest."""
    _run_sql(site, "drop_old_roles.sql")


def _run_sql(site: Site, script: str) -> None:
    versions = secrets.versions(site)
    if "POSTGRES_PASSWORD" not in versions or "DATABASE_PASSWORD" not in versions:
        raise DeployError("The passwords of the database are missing.", hint="make secrets")
    newest = versions["DATABASE_PASSWORD"][-1]
    files = {"DATABASE_PASSWORD": secrets.full_name(site, "DATABASE_PASSWORD", newest)}
    # PostgreSQL knows one of the older ones until this job has set the newest
    for version in versions["POSTGRES_PASSWORD"]:
        files[f"POSTGRES_PASSWORD_{version}"] = secrets.full_name(site, "POSTGRES_PASSWORD", version)
    files["POSTGRES_PASSWORD"] = files.pop(f"POSTGRES_PASSWORD_{versions['POSTGRES_PASSWORD'][-1]}")
    psql = Job(
        name="database",
        image=stacks.get(site, "postgres").images[0],
        command=("sh", "/psql.sh"),
        user="postgres",
        on_network=True,
        environment={"NAME": site.settings.database, "LOGIN": f"{site.settings.database}_{newest}"},
        configs={"/psql.sh": job.script(site, "psql.sh"), "/job.sql": job.script(site, script)},
        secrets=files,
    )
    job.run(site, psql, timeout=60)
