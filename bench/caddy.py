"""A Caddy of its own, over HTTPS: what static files are compared with that the site's Caddy serves."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bench.settings import BenchError
from bench.subjects.static_file import content
from bench.wrk import load
from support.engine import docker
from support.processes import until
from support.traffic import own_address

FILE_SERVER_PORT, PROXY_PORT = 8643, 8644
CADDYFILE = """{{
	admin off
	skip_install_trust
	auto_https disable_redirects
}}
https://localhost:{port} {{
	tls internal
	{directives}
}}
"""


@contextlib.contextmanager
def caddy(folder: Path, name: str, port: int, directives: str, path: str, *options: str) -> Iterator[int]:
    """Run Caddy in a container while the block runs; the block starts when it answers, and is given its port.

    Args:
        folder: for its configuration.
        name: of the container.
        port: where it serves ``https://localhost``.
        directives: what it does there.
        path: of a URL that it must serve.
        options: of ``docker run``.
    """
    file = folder / f"{name}.caddyfile"
    file.write_text(CADDYFILE.format(port=port, directives=directives))
    docker("rm", "--force", name, check=False)
    docker(
        "run", "--detach", "--rm", "--name", name, "--volume", f"{file}:/etc/caddy/Caddyfile:ro", *options,
        "caddy:2-alpine", "caddy", "run", "--config", "/etc/caddy/Caddyfile",
    )  # fmt: skip

    def answers() -> bool:
        with contextlib.suppress(BenchError):  # nothing listens yet
            seen = load(f"https://localhost:{port}{path}", 1, 1, {}, address=own_address())
            return seen.requests > seen.errors
        return False

    try:
        until(answers, log=lambda: docker("logs", name, check=False, errors=True))
        yield port
    finally:
        docker("rm", "--force", name)


def file_server(folder: Path, path: str) -> contextlib.AbstractContextManager[int]:
    """Serve the static file at a URL path, and nothing else; its port is published as that of the site."""
    file = folder / "srv" / path.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(content())
    options = ("--publish", f"{FILE_SERVER_PORT}:{FILE_SERVER_PORT}", "--volume", f"{folder}/srv:/srv:ro")
    directives = "root * /srv\n\tfile_server"
    return caddy(folder, "bench-file-server", FILE_SERVER_PORT, directives, path, *options)


def proxy(folder: Path, port: int, path: str) -> contextlib.AbstractContextManager[int]:
    """Be the proxy of a server on the loopback interface of this machine, at a port of which a path must be there."""
    return caddy(folder, "bench-proxy", PROXY_PORT, f"reverse_proxy 127.0.0.1:{port}", path, "--network", "host")
