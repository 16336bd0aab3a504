"""The settings of a site: ``production.env`` or ``staging.env``, under environment variables of the same names."""

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from deploy.errors import DeployError

FOLDER = Path(__file__).resolve().parent.parent

TRUE = {"yes", "y", "true", "1", "on"}
FALSE = {"no", "n", "false", "0", "off", ""}


@dataclass(frozen=True)
class Settings:
    """What ``make`` in this folder needs to know; the ``.env`` files explain each line."""

    environment: str
    stack_name: str
    domain_name: str
    www_redirect: bool
    acme_email: str
    acme_ca: str
    http_port: int
    https_port: int
    max_upload: str
    trusted_proxy_ranges: str
    secure_hsts_seconds: int
    secure_hsts_include_subdomains: bool
    secure_hsts_preload: bool
    registry: str
    django_replicas: int
    django_cpus: float
    django_memory: int
    gunicorn_workers: int
    gunicorn_threads: int
    postgres_memory: int
    postgres_max_connections: int
    redis_memory: int
    drain_seconds: int
    keep_releases: int
    migration_timeout: int
    rollout_timeout: int
    # the lines for Django itself, which are handed to its containers as they are
    django: Mapping[str, str]

    @property
    def is_local(self) -> bool:
        """Tell whether the site is only for this machine, with certificates of a local authority."""
        return self.domain_name == "localhost" or self.domain_name.endswith(".localhost")

    @property
    def is_trusted(self) -> bool:
        """Tell whether browsers trust the certificates, or whether they are those of a local or a test authority."""
        return not self.is_local and "staging" not in self.acme_ca

    @property
    def url(self) -> str:
        """Return the address of the first page."""
        return f"https://{self.domain_name}" + ("" if self.https_port == 443 else f":{self.https_port}")

    @property
    def hsts_seconds(self) -> int:
        """Return how long browsers use HTTPS alone; 0 on localhost, where other projects may need HTTP."""
        return 0 if self.is_local else self.secure_hsts_seconds

    @property
    def hsts(self) -> str:
        """Return the header Strict-Transport-Security as Django sends it."""
        return (
            f"max-age={self.hsts_seconds}"
            + ("; includeSubDomains" if self.secure_hsts_include_subdomains else "")
            + ("; preload" if self.secure_hsts_preload else "")
        )

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
        """Return the number of gunicorn's processes: two for each CPU, unless it is set."""
        return self.gunicorn_workers or max(2, math.ceil(2 * self.django_cpus))

    @property
    def database_connections(self) -> int:
        """Return how many connections Django may open in a rollout, when one replica more than usual runs."""
        return (self.django_replicas + 1) * self.workers * self.gunicorn_threads

    def variables(self) -> dict[str, str]:
        """Return what the stack files name as ``${...}``."""
        megabyte = 1024 * 1024
        return {
            "STACK_NAME": self.stack_name,
            "DOMAIN_NAME": self.domain_name,
            "ENVIRONMENT": self.environment,
            "HTTP_PORT": str(self.http_port),
            "HTTPS_PORT": str(self.https_port),
            "SECURE_HSTS_SECONDS": str(self.hsts_seconds),
            "SECURE_HSTS_INCLUDE_SUBDOMAINS": str(self.secure_hsts_include_subdomains).lower(),
            "SECURE_HSTS_PRELOAD": str(self.secure_hsts_preload).lower(),
            "DRAIN_SECONDS": str(self.drain_seconds),
            # gunicorn gives requests 30 seconds after that: https://gunicorn.org/reference/settings/#graceful_timeout
            "STOP_SECONDS": str(self.drain_seconds + 40),
            "DJANGO_REPLICAS": str(self.django_replicas),
            "DJANGO_CPUS": str(self.django_cpus),
            "DJANGO_MEMORY": str(self.django_memory),
            "WEB_CONCURRENCY": str(self.workers),
            "GUNICORN_THREADS": str(self.gunicorn_threads),
            "DATABASE_NAME": self.database,
            "POSTGRES_MEMORY": str(self.postgres_memory),
            # https://www.postgresql.org/docs/current/runtime-config-resource.html
            "POSTGRES_SHARED_BUFFERS": f"{self.postgres_memory // 4 // megabyte}MB",
            "POSTGRES_EFFECTIVE_CACHE_SIZE": f"{self.postgres_memory * 3 // 4 // megabyte}MB",
            "POSTGRES_MAINTENANCE_WORK_MEM": f"{self.postgres_memory // 16 // megabyte}MB",
            "POSTGRES_MAX_CONNECTIONS": str(self.postgres_max_connections),
            "REDIS_MEMORY": str(self.redis_memory),
            # the rest is for Redis itself and for its connections
            "REDIS_MAXMEMORY": str(self.redis_memory * 3 // 4),
        }


def load(environment: str, variables: Mapping[str, str] = os.environ, folder: Path = FOLDER) -> Settings:
    """Read ``<environment>.env``, let ``variables`` win over its lines, and check all values.

    Raises DeployError that lists everything that is wrong.
    """
    path = folder / f"{environment}.env"
    if not path.is_file():
        known = " or ".join(sorted(file.stem for file in folder.glob("*.env")))
        raise DeployError(f"There is no {path.name} in deployment/.", hint=f"ENVIRONMENT={known}")
    lines = {name: variables.get(name, value) for name, value in parse(path.read_text()).items()}
    values, errors = {"environment": environment}, []
    for field in fields(Settings):
        if field.name in ("environment", "django"):
            continue
        name = field.name.upper()
        try:
            values[field.name] = PARSERS.get(field.name, TYPES[field.type])(lines.pop(name, variables.get(name, "")))
        except ValueError as error:
            errors.append(f"{name}: {error}")
    if errors:
        raise DeployError(f"{path.name} is not right:", cause="\n".join(errors), hint=f"edit deployment/{path.name}")
    settings = Settings(**values, django=lines)
    if settings.is_local and not lines.get("EMAIL_HOST"):
        # nobody has a mail server at hand to try things out
        return replace(settings, django={**lines, "EMAIL_HOST": "off"})
    return settings


def parse(text: str) -> dict[str, str]:
    """Return the ``NAME=value`` lines of a file; quotes around a value are dropped."""
    lines = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
                value = value[1:-1]
            lines[name.strip()] = value
    return lines


def flag(options: Mapping[str, str], name: str) -> bool:
    """Read an option such as YES=1. Raises DeployError."""
    try:
        return yes(options.get(name, ""))
    except ValueError as error:
        raise DeployError(f"{name}: {error}.", hint=f"{name}=1, or nothing") from None


def stack_name(text: str) -> str:
    """Check a name that goes into the names of services, secrets (64 characters at most) and host names."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", text):
        raise ValueError("give 2 to 32 lower-case letters, digits and hyphens, a letter first: awesome-project")
    return text


def domain_name(text: str) -> str:
    """Check a host name."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", text):
        raise ValueError(f"{text!r} is no host name: give one like example.com, without https://")
    return text


def address_ranges(text: str) -> str:
    """Check IP addresses and ranges, and return them with spaces between. An empty list is right."""
    ranges = text.replace(",", " ").split()
    for each in ranges:
        try:
            network = ipaddress.ip_network(each)
        except ValueError:
            raise ValueError(f"{each!r} is not an IP address or range: give some like 203.0.113.0/24") from None
        if network.prefixlen == 0:
            raise ValueError(f"{each!r} trusts everybody: give the ranges of your proxies alone")
    return " ".join(ranges)


def yes(text: str) -> bool:
    """Read a yes or no."""
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise ValueError(f"{text!r} is neither yes nor no")


def number(text: str) -> int:
    """Read a whole number."""
    if not text.isdigit():
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def decimal(text: str) -> float:
    """Read a number such as 0.5."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number: give one like 0.5") from None


def memory(text: str) -> int:
    """Read an amount of memory, such as 512M or 2G, as bytes."""
    match = re.fullmatch(r"(\d+)([MG])", text)
    if not match or int(match[1]) == 0:
        raise ValueError(f"{text!r} is no amount of memory: give one like 512M or 2G")
    return int(match[1]) * 1024 ** {"M": 2, "G": 3}[match[2]]


def required(text: str) -> str:
    """Check that there is a value."""
    if not text:
        raise ValueError("a value is needed")
    return text


def at_least_one(text: str) -> int:
    """Read a whole number above zero."""
    if number(text) < 1:
        raise ValueError("give 1 or more")
    return number(text)


TYPES = {str: str, int: number, float: decimal, bool: yes}
PARSERS = {
    "stack_name": stack_name,
    "domain_name": domain_name,
    "acme_email": required,
    "acme_ca": required,
    "max_upload": required,
    "trusted_proxy_ranges": address_ranges,
    "django_replicas": at_least_one,
    "gunicorn_threads": at_least_one,
    "keep_releases": at_least_one,
    "django_memory": memory,
    "postgres_memory": memory,
    "redis_memory": memory,
}
