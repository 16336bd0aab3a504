"""Prints what the containers of the site have logged, also those that are gone: search.py SINCE SERVICE REQUEST GREP.

Runs in the service ``logs``. SINCE is how far back (30s, 10m, 5h, 3d), or a time in UTC (2026-11-27T03:00); the others may be
empty. REQUEST is the ID of a request, which the proxy and Django log; GREP is a regular expression.
"""

import gzip
import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path("/srv/logs")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def begin(since: str) -> str:
    """Return the time that SINCE means, as lines have it. Raises ValueError."""
    if found := re.fullmatch(r"(\d+)([smhd])", since):
        seconds = time.time() - int(found[1]) * UNITS[found[2]]
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    if re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d(:\d\d){1,2})?Z?", since):
        return since.removesuffix("Z").replace(" ", "T")
    message = f"SINCE={since} is invalid: give one like 30s, 10m, 5h, 3d or 2026-11-27T03:00, in UTC"
    raise ValueError(message)


def files(start: str) -> list[Path]:
    """Return the files that have lines since a time, the oldest first: the one that was being written then, and later ones."""
    found = sorted(path for path in FOLDER.iterdir() if path.suffix in (".jsonl", ".gz"))
    named = start.replace(":", "-")
    earlier = [path for path in found if path.name < named]
    return earlier[-1:] + found[len(earlier) :]


def lines(path: Path) -> Iterator[str]:
    """Return the lines of a file, which may have been compressed or deleted just now."""
    for name in (path, Path(f"{path}.gz")):
        if name.exists():
            with gzip.open(name, "rt") if name.suffix == ".gz" else name.open() as file:
                yield from file
            return


def matches(start: str, service: str, request: str, grep: re.Pattern[str]) -> Iterator[str]:
    """Return what is printed."""
    for path in files(start):
        for line in lines(path):
            # before it is parsed, which takes longer
            if request not in line:
                continue
            try:
                record = json.loads(line)
            except ValueError:
                continue  # the disk was full, or it is being written
            if record["time"] < start or service not in ("", record["service"]) or not grep.search(record["line"]):
                continue
            yield f"{record['time'][:23]} {record['node']} {record['service']}.{record['container']} | {record['line']}"


def main() -> int:
    """Print the lines, and return the exit status."""
    since, service, request, grep = sys.argv[1:]
    try:
        # What was logged until now arrives within two seconds.
        time.sleep(2)
        for line in matches(begin(since), service, request, re.compile(grep)):
            print(line)
    except (ValueError, re.error) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
