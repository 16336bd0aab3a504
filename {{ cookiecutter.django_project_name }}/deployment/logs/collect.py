"""Sends what the containers of the site log to the service ``logs``; stacks/monitoring/logs.yml runs it on each node.

It reads the files that Docker's driver json-file writes. So no container ever waits for it, or for the service, and while
that is down, lines wait in those files.
"""

import hashlib
import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CONTAINERS = Path("/containers")
# How far each log was sent, for the next start of this program.
POSITIONS = Path("/positions/positions.json")
INTERVAL = 1  # seconds
BATCH = 2**20  # bytes of each log


@dataclass
class Log:
    """The log of a container."""

    # what each line is sent with
    origin: dict[str, str]
    path: Path
    # how far it was sent: a file, by its beginning, and the bytes of it
    sent: tuple[str, int] = ("", 0)

    def read(self) -> tuple[bytes, tuple[str, int]]:
        """Return the next whole lines, up to a batch, and how far that is."""
        # The oldest file first: Docker gives those before the last one a number.
        numbered = sorted(self.path.parent.glob(f"{self.path.name}.[0-9]*"), key=lambda path: -int(path.suffix[1:]))
        files = [(beginning(path), path) for path in [*numbered, self.path]]
        begun, offset = self.sent
        known = [name for name, _ in files]
        # Where Docker has deleted the file meanwhile, its lines are lost.
        for name, path in files[known.index(begun) if begun in known else 0 :]:
            with path.open("rb") as file:
                file.seek(offset if name == begun else 0)
                lines, newline, _ = file.read(BATCH).rpartition(b"\n")
            if beginning(path) != name:
                break  # Docker has begun another file just now
            if newline:
                return lines + newline, (name, (offset if name == begun else 0) + len(lines) + 1)
        return b"", self.sent


def beginning(path: Path) -> str:
    """Return what tells a file from others: its first line has a time. An inode may be that of a deleted file."""
    with path.open("rb") as file:
        return hashlib.sha256(file.readline(200)).hexdigest()[:16]


def find(stack: str, node: str, known: dict[str, Log | None]) -> None:
    """Add the logs of new containers of a stack, by the IDs of the containers, and forget those that are gone."""
    present = {path.name for path in CONTAINERS.iterdir()}
    for gone in known.keys() - present:
        del known[gone]
    for container in present - known.keys():
        try:
            config = json.loads((CONTAINERS / container / "config.v2.json").read_text())
        except (OSError, ValueError):
            continue  # it is being made
        service = (config["Config"].get("Labels") or {}).get("com.docker.swarm.service.name", "")
        known[container] = None
        if service.startswith(f"{stack}_"):
            origin = {"node": node, "service": service.removeprefix(f"{stack}_"), "container": container[:12]}
            known[container] = Log(origin, CONTAINERS / container / f"{container}-json.log")


def records(log: Log, lines: bytes) -> Iterator[str]:
    """Return what is sent for lines that Docker wrote: a line of JSON for each."""
    for line in lines.splitlines():
        try:
            written = json.loads(line)
        except ValueError:
            continue  # half a line, of an engine that was killed
        yield json.dumps({"time": written["time"], **log.origin, "line": written["log"].rstrip("\n")}) + "\n"


def send(body: str) -> None:
    """Send records. Raises OSError or HTTPException where they were not stored."""
    connection = http.client.HTTPConnection("logs", 8011, timeout=10)
    try:
        connection.request("POST", "/", body.encode())
        if connection.getresponse().status != 204:
            raise OSError("The service did not store them.")
    finally:
        connection.close()


def main() -> None:
    """Send what is new, again and again."""
    stack, node = os.environ["STACK_NAME"], os.environ["NODE"]
    known: dict[str, Log | None] = {}
    try:
        sent = json.loads(POSITIONS.read_text())
    except (OSError, ValueError):
        sent = {}
    failed = False
    while True:
        find(stack, node, known)
        more = False
        for container, log in list(known.items()):
            if not log:
                continue
            log.sent = tuple(sent.get(container, log.sent))
            try:
                lines, position = log.read()
                if lines:
                    send("".join(records(log, lines)))
                    sent[container] = position
                    more = more or len(lines) > BATCH // 2
                failed = False
            except FileNotFoundError:
                continue  # the container was removed just now
            except (OSError, http.client.HTTPException) as error:
                if not failed:
                    print(f"The service logs does not answer ({error}); lines wait.", file=sys.stderr, flush=True)
                failed = True
                break
        sent = {container: position for container, position in sent.items() if container in known}
        new = POSITIONS.with_suffix(".new")
        new.write_text(json.dumps(sent))
        new.replace(POSITIONS)
        if not more:
            time.sleep(INTERVAL)


if __name__ == "__main__":
    main()
