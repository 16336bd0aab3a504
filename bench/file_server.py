"""Caddy's file server alone, over HTTPS: the limit of static files behind Caddy."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bench.subjects.static_file import content
from bench.wrk import load
from support.engine import docker
from support.processes import until
from support.traffic import own_address

CONTAINER = "bench-file-server"
PORT = 8643
CADDYFILE = f"""{{
	admin off
	skip_install_trust
	auto_https disable_redirects
}}
https://localhost:{PORT} {{
	tls internal
	root * /srv
	file_server
}}
"""


@contextlib.contextmanager
def file_server(folder: Path, path: str) -> Iterator[int]:
    """Serve the static file at a URL path while the block runs, from an empty ``folder``; give the port."""
    file = folder / "srv" / path.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(content())
    (folder / "Caddyfile").write_text(CADDYFILE)
    docker("rm", "--force", CONTAINER, check=False)
    docker(
        "run", "--detach", "--rm", "--name", CONTAINER, "--publish", f"{PORT}:{PORT}",
        "--volume", f"{folder}/Caddyfile:/etc/caddy/Caddyfile:ro", "--volume", f"{folder}/srv:/srv:ro",
        "caddy:2-alpine", "caddy", "run", "--config", "/etc/caddy/Caddyfile",
    )  # fmt: skip
    try:
        url = f"https://localhost:{PORT}{path}"
        until(lambda: load(url, 1, 1, {}, address=own_address()).requests)
        yield PORT
    finally:
        docker("rm", "--force", CONTAINER)
