"""Everything that can be known to go wrong before anything is changed, all of it at once."""

from collections.abc import Iterator

from deploy import git, image, machines, release, secret, stack
from deploy.commands import containers, services
from deploy.errors import DeployError, EngineError
from deploy.site import SERVICES, Site

# https://docs.docker.com/engine/release-notes/25.0/ brought start_interval for health checks
OLDEST_ENGINE = (25, 0)
FREE_GIGABYTES = 2


def check(site: Site, *, first: bool = False, move: bool = False) -> None:
    """Raise DeployError that lists all problems.

    ``first``: the services are not there yet; ``move``: the site may get another domain name.
    """
    problems = list(_engine(site))
    if not problems:
        checks = (_source, _swarm, _secrets, _email, _files, _sizes, _images)
        problems = [problem for check in checks for problem in check(site)]
        problems += [] if first else _services(site)
        problems += [] if move else _domain(site)
    if problems:
        raise DeployError(
            f"{site.stack} cannot be deployed:",
            cause="\n".join(f"- {problem}" for problem in problems),
            hint="make deployable checks again",
        )


def _engine(site: Site) -> Iterator[str]:
    info = site.engine.info()
    version = info.get("ServerVersion", "")
    if not version:
        yield f"no engine answers ({'; '.join(info.get('ServerErrors', []))}): start Docker, or set DOCKER_HOST"
    elif tuple(int(part) for part in version.split(".")[:2]) < OLDEST_ENGINE:
        yield f"the engine is {version}: it must be {'.'.join(map(str, OLDEST_ENGINE))} or newer"
    elif not info["Swarm"].get("ControlAvailable"):
        yield "the engine is no manager of a swarm: make setup"


def _source(site: Site) -> Iterator[str]:
    if git.is_dirty(site.folder.parent) and not site.flag("ALLOW_DIRTY"):
        if site.settings.is_local:
            site.console.warn("Not all changes are committed; the release has a name by its time.")
        else:
            yield "there are changes that are not committed: git commit, or ALLOW_DIRTY=1"
    if not (site.folder.parent / "Dockerfile").is_file():
        yield "there is no Dockerfile in the project"


def _swarm(site: Site) -> Iterator[str]:
    nodes = machines.known(site.engine)
    for label, purpose in (("edge", "takes requests from outside"), ("data", "keeps the database")):
        if not any(node["Spec"]["Labels"].get(label) == "yes" for node in nodes):
            yield f"no machine {purpose}: docker node update --label-add {label}=yes NODE"
    if len(nodes) > 1 and not site.settings.registry:
        yield f"{len(nodes)} machines need a registry for the image: set REGISTRY"


def _secrets(site: Site) -> Iterator[str]:
    for entry in secret.missing(site):
        yield f"the secret {entry.name} is missing ({entry.about}): make secrets"


def _email(site: Site) -> Iterator[str]:
    there = secret.versions(site)
    replaced = any(entry.replaces == "EMAIL_HOST" and entry.name in there for entry in secret.catalogue(site))
    if not site.settings.django.get("EMAIL_HOST") and not replaced:
        yield (
            f"no mail server is named: write EMAIL_HOST=smtp.example.com into {site.settings.environment}.env, "
            "or EMAIL_HOST=off for a site that sends no email"
        )


def _files(site: Site) -> Iterator[str]:
    for service in (*SERVICES, "migrate"):
        problem = stack.check(site, service)
        if problem:
            yield f"{stack.file_name(service)}: {problem}"


def _sizes(site: Site) -> Iterator[str]:
    settings = site.settings
    needed = settings.database_connections + 10
    if needed > settings.postgres_max_connections:
        yield (
            f"Django may open {settings.database_connections} database connections and a few are needed besides, but "
            f"POSTGRES_MAX_CONNECTIONS is {settings.postgres_max_connections}: raise it to {needed}, or use fewer "
            "GUNICORN_WORKERS or GUNICORN_THREADS"
        )


def _images(site: Site) -> Iterator[str]:
    for service in ("caddy", "postgres", "redis"):
        try:
            image.fetch(site, stack.image(site, service))
        except DeployError as error:
            yield f"{error.message} {error.cause}"
            return
    try:
        printed = site.engine.run(containers.free_space(stack.image(site, "caddy")))
    except EngineError as error:
        yield f"the free disk space is not known: {error.cause}"
        return
    gigabytes = int(printed.splitlines()[-1].split()[3]) / 1024**2
    if gigabytes < FREE_GIGABYTES:
        yield f"only {gigabytes:.1f} GB of disk are free, {FREE_GIGABYTES} are needed: make prune"


def _domain(site: Site) -> Iterator[str]:
    try:
        release.history_here(site)
    except DeployError as error:
        yield f"{error.message} {error.hint}"


def _services(site: Site) -> Iterator[str]:
    for service in ("caddy", "postgres", "redis"):
        if not site.engine.inspect(services.inspect(site.service(service))):
            yield f"{site.service(service)} is not there: make setup"
