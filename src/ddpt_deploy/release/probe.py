"""Asks a site for a page and its static files. It imports nothing of this package: containers of Django run it, too."""

import http.client
import json
import re
import socket
import ssl
import sys
from contextlib import closing

# How bad an answer is
HEALTHY, MISSING_FILE, CLIENT_ERROR, SERVER_ERROR, UNREACHABLE, DOWN = range(6)


def get(connection: http.client.HTTPConnection, path: str, cookie: str = "") -> tuple[int, str]:
    """Return the status and the text of a page."""
    with closing(connection):
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")


def ask(address: str, host: str, port: int, path: str, cookie: str, verify: bool = False) -> tuple[int, str]:
    """Return how bad the answer of the server at an address is, whatever DNS says of its host name, and why."""
    tls = ssl.create_default_context()
    if not verify:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE

    def get_over_tls(path: str) -> tuple[int, str]:
        connection = http.client.HTTPSConnection(host, port)
        connection.sock = tls.wrap_socket(socket.create_connection((address, port), 10), server_hostname=host)
        return get(connection, path, cookie)

    try:
        status, text = get_over_tls(path)
        if status >= 400:
            return SERVER_ERROR if status >= 500 else CLIENT_ERROR, f"{path} answered {status}"
        for file in sorted(set(re.findall(r"""["'](/static/[^"'?#]+)""", text))):
            if (status := get_over_tls(file)[0]) != 200:
                return MISSING_FILE, f"{file} answered {status}"
    except (OSError, http.client.HTTPException) as error:
        return UNREACHABLE, f"{type(error).__name__}: {error}"
    return HEALTHY, ""


if __name__ == "__main__":
    # What Django says of each service that it needs
    states = json.loads(get(http.client.HTTPConnection("127.0.0.1", 8000, timeout=10), "/readyz")[1])
    down = ", ".join(f"{name} is down" for name, state in states.items() if state == "down")
    print(json.dumps([*((DOWN, down) if down else ask(*json.loads(sys.argv[1]))), states]))
