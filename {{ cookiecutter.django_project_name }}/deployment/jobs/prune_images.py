"""Removes images of old releases from the node that it runs on, and prints how many. Those of containers stay.

Arguments: the labels of the site's images, as JSON; the names and content digests to keep; names to remove that have no
label of the site. It asks the engine itself: https://docs.docker.com/reference/api/engine/
"""

import json
import socket
import sys
from http.client import HTTPConnection
from urllib.parse import quote


def ask(method: str, path: str) -> tuple[bool, bytes]:
    """Send a request; tell whether it succeeded, and what was answered."""
    engine = HTTPConnection("localhost")
    engine.sock = socket.socket(socket.AF_UNIX)
    engine.sock.connect("/var/run/docker.sock")
    engine.request(method, path)
    answer = engine.getresponse()
    return answer.status < 300, answer.read()


def main() -> None:
    """Remove what is not kept. The engine refuses what a container needs."""
    labels, kept, names = json.loads(sys.argv[1]), set(sys.argv[2].split()), sys.argv[3].split()
    filters = json.dumps({"label": [f"{name}={value}" for name, value in labels.items()]})
    for image in json.loads(ask("GET", f"/images/json?filters={quote(filters)}")[1]):
        known = [*(image["RepoTags"] or []), *(image["RepoDigests"] or [])]
        if not kept & {image["Id"], *known}:
            names += known or [image["Id"]]
    removed = [name for name in names if ask("DELETE", f"/images/{quote(name)}")[0]]
    sys.stdout.write(f"{len(removed)}\n")


main()
