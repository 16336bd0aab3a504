"""The settings of a site: the lines of ``production.env``, then of ``<environment>.env``, over which others come.

Those are variables of the shell that begin with ``DDPT_``, and over them what is typed with a command. No other
variable of the shell counts: CI systems and shells have a VERSION or LOG_LEVEL of their own.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import values

PREFIX = "DDPT_"
MEGABYTE = 1024 * 1024
# After 30,000 requests a process of gunicorn took half of that (docs/performance.md of the template); a project adds.
WORKER_MEMORY = 40 * MEGABYTE


def setting(parse: Callable[[str], Any] = str) -> Any:
    """Return a field whose text is read by ``parse``, which raises ValueError."""
    return field(metadata={"parse": parse})


@dataclass(frozen=True)
class Settings:
    """What the tool itself needs to know; ``production.env`` explains each of these."""

    environment: str
    # lines for Django, which are handed to its containers as they are
    django: Mapping[str, str]
    stack_name: str = setting(values.stack_name)
    domain_name: str = setting(values.domain_name)
    www_redirect: bool = setting(values.boolean)
    domain_aliases: str = setting(values.host_names)
    acme_email: str = setting(values.required)
    acme_ca: str = setting(values.required)
    acme_dns: str = setting()
    http_port: int = setting(values.number)
    https_port: int = setting(values.number)
    max_upload: int = setting(values.file_size)
    # 0: no limit
    uploads_at_once: int = setting(values.number_or_none)
    trusted_proxy_ranges: str = setting(values.address_ranges)
    swarm_address_pool: str = setting(values.network)
    swarm_mtu: int = setting(values.number)
    secure_hsts_seconds: int = setting(values.number)
    secure_hsts_include_subdomains: bool = setting(values.boolean)
    secure_hsts_preload: bool = setting(values.boolean)
    registry: str = setting()
    build_on: str = setting()
    django_replicas: int = setting(values.at_least_one)
    django_cpus: float = setting(values.decimal)
    django_memory: int = setting(values.memory)
    gunicorn_workers: int = setting(values.number)
    gunicorn_threads: int = setting(values.at_least_one)
    external_database: bool = setting(values.boolean)
    postgres_image: str = setting()
    postgres_extensions: str = setting(values.extensions)
    postgres_memory: int = setting(values.memory)
    postgres_max_connections: int = setting(values.number)
    redis_memory: int = setting(values.memory)
    backup_repository: str = setting(values.repository)
    backup_s3_region: str = setting()
    backup_wal: bool = setting(values.boolean)
    backup_every_hours: int = setting(values.at_least_one)
    backup_ping_url: str = setting(values.url)
    backup_before_migrations: bool = setting(values.boolean)
    backup_fresh_minutes: int = setting(values.number)
    backup_drill_days: int = setting(values.number)
    backup_keep_days: int = setting(values.number)
    backup_keep_weeks: int = setting(values.number)
    backup_keep_months: int = setting(values.number)
    backup_read_data: str = setting(values.percentage)
    backup_timeout: int = setting(values.at_least_one)
    backup_memory: int = setting(values.memory)
    drain_seconds: int = setting(values.number)
    keep_releases: int = setting(values.at_least_one)
    smoke_test_path: str = setting(values.path)
    keep_static_days: int = setting(values.number)
    migration_timeout: int = setting(values.number)
    rollout_timeout: int = setting(values.number)
    status_timeout: int = setting(values.at_least_one)

    @property
    def is_local(self) -> bool:
        """Tell whether the site is only for this computer, with certificates of a local authority."""
        return self.domain_name == "localhost" or self.domain_name.endswith(".localhost")

    @property
    def is_trusted(self) -> bool:
        """Tell whether browsers trust the certificates, or whether they are those of a local or a test authority."""
        return not self.is_local and "staging" not in self.acme_ca

    @property
    def url(self) -> str:
        """Return the URL of the home page."""
        return f"https://{self.domain_name}" + ("" if self.https_port == 443 else f":{self.https_port}")

    @property
    def hosts(self) -> list[str]:
        """Return all host names of the site: its domain, and those that redirect to it."""
        www = [f"www.{self.domain_name}"] if self.www_redirect else []
        return [self.domain_name, *www, *self.domain_aliases.split()]

    @property
    def hsts_seconds(self) -> int:
        """Return for how long browsers use only HTTPS; 0 on localhost, where other projects may need HTTP."""
        return 0 if self.is_local else self.secure_hsts_seconds

    @property
    def hsts(self) -> str:
        """Return the header Strict-Transport-Security as Django sends it."""
        subdomains = "; includeSubDomains" if self.secure_hsts_include_subdomains else ""
        return f"max-age={self.hsts_seconds}{subdomains}" + ("; preload" if self.secure_hsts_preload else "")

    @property
    def image(self) -> str:
        """Return the name of the project's image, without a tag."""
        return f"{self.registry}/{self.stack_name}" if self.registry else self.stack_name

    @property
    def database(self) -> str:
        """Return the name of the database, and of the role that owns it."""
        return self.stack_name.replace("-", "_")

    @property
    def workers(self) -> int:
        """Return the number of gunicorn's processes: two for each CPU if there is memory for them, unless it is set."""
        return self.gunicorn_workers or max(1, min(max(2, math.ceil(2 * self.django_cpus)), self.max_workers))

    @property
    def max_workers(self) -> int:
        """Return how many processes fit in half of a container's memory, beside the one that has loaded the project."""
        return self.django_memory // 2 // WORKER_MEMORY - 1

    @property
    def database_connections(self) -> int:
        """Return how many connections Django may open in a rollout, when the containers before are still draining."""
        return 2 * self.django_replicas * self.workers * self.gunicorn_threads

    def variables(self) -> dict[str, str]:
        """Return what the stack files name as ``${...}``: each line of production.env, and what follows from it."""
        own = {one.name.upper(): getattr(self, one.name) for one in fields(self) if one.name != "django"}
        return {
            **self.django,
            **{name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in own.items()},
            "SITE_URL": self.url,
            "SITE_HOSTS": " ".join(self.hosts),
            "HSTS": self.hsts,
            "SECURE_HSTS_SECONDS": str(self.hsts_seconds),
            # gunicorn gives requests 30 seconds after that: https://gunicorn.org/reference/settings/#graceful_timeout
            "STOP_SECONDS": str(self.drain_seconds + 40),
            "WEB_CONCURRENCY": str(self.workers),
            "DATABASE_NAME": self.database,
            # of PostgreSQL in a service of this site; where there is none, a secret has the whole URL
            "DATABASE_HOST": "" if self.external_database else "postgres",
            # https://www.postgresql.org/docs/current/runtime-config-resource.html
            "POSTGRES_SHARED_BUFFERS": f"{self.postgres_memory // 4 // MEGABYTE}MB",
            "POSTGRES_EFFECTIVE_CACHE_SIZE": f"{self.postgres_memory * 3 // 4 // MEGABYTE}MB",
            "POSTGRES_MAINTENANCE_WORK_MEM": f"{self.postgres_memory // 16 // MEGABYTE}MB",
            # the rest is for Redis itself and for its connections
            "REDIS_MAXMEMORY": str(self.redis_memory * 3 // 4),
        }


def load(environment: str, folder: Path, *, shell: Mapping[str, str], typed: Mapping[str, str]) -> Settings:
    """Read the settings of an environment. Raises DeployError that lists everything that is invalid."""
    lines = _lines(environment, folder)
    parsers = {one.name.upper(): one.metadata["parse"] for one in fields(Settings) if "parse" in one.metadata}
    unknown = [name for name in typed if name not in parsers.keys() | lines.keys()]
    if unknown:
        problem = f"{', '.join(unknown)}: not an option of this command, and not a setting."
        raise DeployError(problem, hint="make help; a setting of Django must have a line in production.env")
    for name in parsers.keys() | lines.keys():
        lines[name] = typed.get(name, shell.get(PREFIX + name, lines.get(name, "")))
    found: dict[str, Any] = {}
    errors = []
    for name, parse in parsers.items():
        try:
            found[name.lower()] = parse(lines.pop(name))
        except ValueError as error:
            errors.append(f"{name}: {error}")
    if errors:
        problem, hint = f"The settings of {environment} are invalid:", f"edit deployment/{environment}.env"
        raise DeployError(problem, cause="\n".join(errors), hint=hint)
    settings = Settings(environment, lines, **found)
    if settings.is_local and not lines.get("EMAIL_HOST"):
        # a site that is only tried out has no mail server
        return replace(settings, django={**lines, "EMAIL_HOST": "off"})
    return settings


def parse(text: str) -> dict[str, str]:
    """Return the ``NAME=value`` lines of a file; quotes around a value are dropped."""
    lines = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            lines[name.strip()] = re.sub(r"""^(["'])(.*)\1$""", r"\2", value.strip())
    return lines


def environments(folder: Path) -> list[str]:
    """Return the environments that have a file."""
    return sorted(file.stem for file in folder.glob("*.env"))


def _lines(environment: str, folder: Path) -> dict[str, str]:
    known = environments(folder)
    if "production" not in known:
        hint = "run make in the project's folder deployment/"
        raise DeployError(f"There is no production.env in {folder}.", hint=hint)
    if environment not in known:
        raise DeployError(f"There is no {environment}.env.", hint=f"ENVIRONMENT={' or '.join(known)}")
    lines = parse((folder / "production.env").read_text())
    return lines | parse((folder / f"{environment}.env").read_text())
