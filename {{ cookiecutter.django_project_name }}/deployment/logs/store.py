"""Keeps what the containers of the site have logged, for DAYS days and at most BYTES bytes: the service ``logs``.

``collect.py`` sends lines of JSON. They are kept in files, a new one each hour or more often, and compressed when a file is
finished. ``search.py`` reads them.
"""

import gzip
import os
import shutil
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

FOLDER = Path("/srv/logs")
DAYS = float(os.environ.get("DAYS", 14))
BYTES = int(os.environ.get("BYTES", 2**30))


class Store:
    """The files, of which one is written to."""

    def __init__(self, folder: Path, days: float, size: int) -> None:
        """Take a folder, and what it may hold at most."""
        self.folder, self.days, self.size = folder, days, size
        self.current = folder / "none"

    def files(self) -> list[Path]:
        """Return the files, the oldest first: their names are when they were begun, such as 2026-11-27T03-00-12.jsonl.gz."""
        return sorted(path for path in self.folder.iterdir() if path.suffix in (".jsonl", ".gz"))

    def add(self, records: bytes) -> None:
        """Store lines."""
        if not self.current.name.startswith(hour()) or self.current.stat().st_size > self.size // 20:
            self.compress()
            self.prune()
            self.current = self.folder / time.strftime("%Y-%m-%dT%H-%M-%S.jsonl", time.gmtime())
        with self.current.open("ab") as file:
            file.write(records)

    def compress(self) -> None:
        """Compress what is not compressed yet."""
        for path in self.files():
            if path.suffix == ".jsonl":
                half = path.with_suffix(".half")
                with path.open("rb") as source, gzip.open(half, "wb", compresslevel=6) as target:
                    shutil.copyfileobj(source, target)
                half.replace(f"{path}.gz")
                path.unlink()

    def prune(self) -> None:
        """Delete what is too old, and the oldest files of those that take too much."""
        oldest, left = hour(days=self.days), self.size
        for path in reversed(self.files()):
            left -= path.stat().st_size
            if left < 0 or path.name < oldest:
                path.unlink()


def hour(*, days: float = 0) -> str:
    """Return this hour, or that of some days ago, as names of files begin."""
    return time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() - 86_400 * days))


store = Store(FOLDER, DAYS, BYTES)


class Handler(BaseHTTPRequestHandler):
    """Stores what is sent to it; nothing can be read."""

    # seconds for a client that sends slowly
    timeout = 30

    def do_POST(self) -> None:
        """Store a batch of lines."""
        store.add(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.do_GET()

    def do_GET(self) -> None:
        """Answer the health check."""
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Log nothing: it would be sent here."""


if __name__ == "__main__":
    HTTPServer(("", 8011), Handler).serve_forever()
