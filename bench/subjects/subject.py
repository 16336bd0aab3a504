"""A project that is ready to be served."""

from dataclasses import dataclass, field, replace
from pathlib import Path

# What a proxy adds to the request of a client that uses HTTPS.
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@dataclass(frozen=True)
class Subject:
    """A project, and the command that serves it.

    Args:
        name: ``ours``, ``peer``, ``plain`` or ``limit``.
        title: the name in tables.
        folder: where commands run.
        venv: the virtual environment with the project's packages for production.
        environment: of all its commands.
        server: the command that serves it; ``{port}`` stands for the port.
        wsgi: the module of the WSGI application.
        host: the host name that it answers to.
        paths: of its pages and of a static file, by name.
        shows: what a page must contain, so that no error page is measured.
    """

    name: str
    title: str
    folder: Path
    venv: Path
    environment: dict[str, str]
    server: tuple[str, ...]
    wsgi: str
    host: str = "localhost"
    paths: dict[str, str] = field(default_factory=dict)
    shows: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        """The interpreter with the project's packages."""
        return self.venv / "bin/python"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request that comes through a proxy."""
        return {"Host": self.host, **FORWARDED}

    def served_by(self, title: str, *server: str, venv: Path | None = None) -> "Subject":
        """Return the same project with another server."""
        return replace(self, title=title, name=title, server=server, venv=venv or self.venv)
