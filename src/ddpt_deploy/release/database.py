"""The database of the site in PostgreSQL, and the roles by which Django logs in: one for each password."""

import json
import uuid

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import job
from ddpt_deploy.site import releases, secrets, services, stacks, store
from ddpt_deploy.site.site import Site


def ensure(site: Site, *, new: bool = False) -> None:
    """Ensure that the database exists, its extensions, and the role of Django's newest password. Raises DeployError.

    Where releases are on record, an empty volume is not that of a new site, unless the database may be ``new``.
    """
    if site.settings.external_database:
        return
    try:
        run_sql(site, "ensure_database.sql", create=new or not releases.history(site))
    except DeployError as error:
        if "is not available" in error.cause:
            error.hint = "POSTGRES_IMAGE= in production.env: an image with all of POSTGRES_EXTENSIONS"
        raise


def site_id(site: Site) -> str:
    """Return the ID of the site, which the swarm and the database have; the swarm gets one where it has none."""
    store.create(site, "site", "site", json.dumps({"id": uuid.uuid4().hex}))
    return str(store.read(site, "site")[0]["id"])


def sort_order_problems(site: Site) -> list[str]:
    """Return how the sort order of text in PostgreSQL's image differs from that of the indexes, or nothing."""
    query = (site.folder / "postgres/changed_collations.sql").read_text()
    psql = ("psql", "--username", "postgres", "--dbname", site.settings.database, "--no-align", "--tuples-only")
    try:
        changed = services.run(site, "postgres", *psql, "--command", query).splitlines()
    except DeployError:
        # other checks say that PostgreSQL does not run
        return []
    return [f"PostgreSQL's image sorts text in another way than the indexes: {', '.join(changed)}"] if changed else []


def run_sql(site: Site, script: str, *, create: bool = False, timeout: float = 60) -> None:
    """Run a script of postgres/ as PostgreSQL's superuser, for ``timeout`` seconds at most. Raises DeployError."""
    versions = secrets.versions(site)
    if "POSTGRES_PASSWORD" not in versions or "DATABASE_PASSWORD" not in versions:
        raise DeployError("The passwords of the database are missing.", hint="make secrets")
    newest = versions["DATABASE_PASSWORD"][-1]
    # PostgreSQL knows one of the older ones until this job has set the newest
    *older, superuser = [secrets.full_name(site, "POSTGRES_PASSWORD", one) for one in versions["POSTGRES_PASSWORD"]]
    scripts = {"/psql.sh": "psql.sh", "/job.sql": script}
    texts = {path: (site.folder / "postgres" / name).read_text() for path, name in scripts.items()}
    psql = job.Job(
        name="database",
        image=stacks.get(site, "postgres").images[0],
        command=("sh", "/psql.sh"),
        user="postgres",
        on_network=True,
        environment={
            "NAME": site.settings.database,
            "LOGIN": f"{site.settings.database}_{newest}",
            "SITE_ID": site_id(site),
            "CREATE": str(create),
            "EXTENSIONS": site.settings.postgres_extensions,
        },
        configs={path: store.file(site, text) for path, text in texts.items()},
        secrets={
            "DATABASE_PASSWORD": secrets.full_name(site, "DATABASE_PASSWORD", newest),
            "POSTGRES_PASSWORD": superuser,
            **{f"POSTGRES_PASSWORD_{number}": name for number, name in enumerate(older, 1)},
            **secrets.files(site, "postgres-exporter"),
        },
    )
    job.run(site, psql, timeout=timeout)
