"""An open-loop load generator: it sends on schedule, whatever the answers, as the visitors of a site do.

Run on its own it prints one JSON object a line: each failure as it happens, and the counts every second, until SIGTERM.

    python tests/support/load.py https://localhost --rate 200

Of the requests half are POSTs with an id that the site stores, some of them uploads, and every other one with an
Idempotency-Key; one in fifty takes 1.5 s; the rest are pages, each followed by the static file that it names. One in
five comes on a new connection, the others on connections that were kept alive. HTTP is written out by hand: a client
library would repeat requests on its own, and hide what has to be seen. Only what every browser repeats is repeated, and
counted: a request on a kept connection that the site had just closed, of which no byte came back.
https://www.rfc-editor.org/rfc/rfc9112#section-9.3.1
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import ssl
import sys
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TIMEOUT = 30
# this number of unanswered requests means that the machine cannot take the load, whatever is tested
TOO_MANY = 3000
# pages are followed by their static file
REQUESTS_A_VISIT = 1.32
UPLOAD = b"u" * 100_000
STATIC = re.compile(rb'href="(/static/[^"]+)"')


@dataclass
class Answer:
    """What came back."""

    status: int
    body: bytes
    keep_alive: bool


class ClosedConnectionError(Exception):
    """A kept connection was closed before any byte of an answer."""


@dataclass
class Load:
    """The load on a site, and what became of it."""

    url: str
    rate: float
    # where the site is, when its name does not tell
    address: str = ""
    sent: int = 0
    failed: int = 0
    repeated: int = 0
    slowest: float = 0
    kinds: Counter = field(default_factory=Counter)
    # ids that the site said it has stored
    stored: list[str] = field(default_factory=list)
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    running: set[asyncio.Task] = field(default_factory=set)
    stopped: bool = False

    def __post_init__(self):
        parts = urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port or 443
        self.authority = parts.netloc
        self.tls = ssl.create_default_context()
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE

    async def run(self) -> None:
        """Send on schedule until it is stopped, then wait for the last answers."""
        start = time.monotonic()
        number = 0
        while not self.stopped:
            if len(self.running) > TOO_MANY:
                raise SystemExit(f"{TOO_MANY} requests wait for an answer: the machine is too slow for this rate")
            due = start + number / self.rate * REQUESTS_A_VISIT
            await asyncio.sleep(max(0, due - time.monotonic()))
            number += 1
            task = asyncio.create_task(self.visit())
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        if self.running:
            await asyncio.wait(self.running, timeout=TIMEOUT)

    async def visit(self) -> None:
        """Make one request, and the one that follows from it."""
        choice = random.random()
        if choice < 0.32:
            await self.store("post", b"x" * 100)
        elif choice < 0.64:
            await self.store("post with a key", b"x" * 100)
        elif choice < 0.66:
            await self.store("upload", UPLOAD)
        elif choice < 0.68:
            await self.request("slow", "GET", "/proof/slow/")
        else:
            page = await self.request("page", "GET", "/proof/")
            found = STATIC.search(page.body) if page else None
            if page and not found:
                self.fail("page", "/proof/", "it names no static file")
            if found:
                await self.request("static", "GET", found[1].decode())

    async def store(self, kind: str, body: bytes) -> None:
        """Post an id, which the site must then have exactly once."""
        name = uuid.uuid4().hex
        headers = {"Idempotency-Key": f'"{name}"'} if kind == "post with a key" else {}
        if await self.request(kind, "POST", f"/proof/{name}/", body, headers):
            self.stored.append(name)

    async def request(
        self, kind: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        """Make a request; nothing comes back when it failed."""
        self.sent += 1
        self.kinds[kind] += 1
        start = time.monotonic()
        try:
            answer = await asyncio.wait_for(self.exchange(method, path, body, headers or {}), TIMEOUT)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.fail(kind, path, f"{type(error).__name__} {error} after {time.monotonic() - start:.2f} s")
            return None
        self.slowest = max(self.slowest, time.monotonic() - start)
        if answer.status not in (200, 201):
            self.fail(kind, path, f"status {answer.status} after {time.monotonic() - start:.2f} s")
            return None
        return answer

    async def exchange(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request on a kept or a new connection, and read its answer."""
        keep = random.random() < 0.8
        try:
            return await self.send(keep, method, path, body, headers)
        except ClosedConnectionError:
            self.repeated += 1
            return await self.send(False, method, path, body, headers)

    async def send(self, keep: bool, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request once. Raises ClosedConnectionError when a kept connection ends without an answer."""
        # a connection that the site has closed in the meantime is no failure: every client sees that, and takes another
        while self.idle and (self.idle[-1][0].at_eof() or self.idle[-1][1].is_closing()):
            self.idle.pop()[1].close()
        kept = keep and bool(self.idle)
        if kept:
            reader, writer = self.idle.pop()
        else:
            reader, writer = await asyncio.open_connection(
                self.address or self.host, self.port, ssl=self.tls, server_hostname=self.host
            )
        try:
            head = [
                f"{method} {path} HTTP/1.1",
                f"Host: {self.authority}",
                f"Connection: {'keep-alive' if keep else 'close'}",
                *(f"{name}: {value}" for name, value in headers.items()),
            ]
            if method == "POST":
                head += [f"Content-Length: {len(body)}", "Content-Type: application/octet-stream"]
            writer.write("\r\n".join([*head, "", ""]).encode() + body)
            await writer.drain()
            answer = await read_answer(reader)
        except BaseException as error:
            writer.transport.abort()
            if kept and isinstance(error, asyncio.IncompleteReadError) and not error.partial:
                raise ClosedConnectionError from error
            raise
        if keep and answer.keep_alive:
            self.idle.append((reader, writer))
        else:
            writer.close()
        return answer

    def fail(self, kind: str, path: str, reason: str) -> None:
        """Count a failure and tell of it."""
        self.failed += 1
        say(failure={"time": time.time(), "kind": kind, "path": path, "reason": reason})

    async def report(self) -> None:
        """Tell every second how it goes, and stop when nobody listens any more."""
        while True:
            await asyncio.sleep(1)
            try:
                say(**self.counts())
            except BrokenPipeError:
                self.stopped = True
                raise

    def counts(self) -> dict:
        """Return the counts up to now, with the slowest answer since the last call."""
        slowest, self.slowest = self.slowest, 0
        return {
            "time": time.time(),
            "sent": self.sent,
            "failed": self.failed,
            "repeated": self.repeated,
            "waiting": len(self.running),
            "slowest": round(slowest, 2),
            "kinds": self.kinds,
        }


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one HTTP/1.1 answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split()[1])
    headers = {}
    for line in head[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip().lower()
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers["content-length"]))
    return Answer(status, body, headers.get("connection") != "close")


def say(**facts) -> None:
    """Print a line for the reader of the log."""
    print(json.dumps(facts), flush=True)


async def main() -> None:
    """Run until SIGTERM, then print the ids that must be stored."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--address", default="")
    arguments = parser.parse_args()
    with contextlib.suppress(PermissionError):
        # the schedule must be kept on a busy machine too
        os.nice(-10)
    load = Load(arguments.url, arguments.rate, arguments.address)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, lambda: setattr(load, "stopped", True))
    reports = asyncio.create_task(load.report())
    await load.run()
    reports.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reports
    say(**load.counts(), stored=load.stored)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
