"""The smoke test: asks the site as a browser would, through the proxy."""

import http.client
import re
import socket
import ssl
from contextlib import closing

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site.site import Site
from ddpt_deploy.waiting import wait_until


class Connection(http.client.HTTPSConnection):
    """A connection to the site; a local site is on this computer, whatever DNS says."""

    def __init__(self, site: Site):
        self.tls = ssl.create_default_context()
        if not site.settings.is_trusted:
            self.tls.check_hostname = False
            self.tls.verify_mode = ssl.CERT_NONE
        super().__init__(site.settings.domain_name, site.settings.https_port, timeout=10, context=self.tls)
        self.address = "127.0.0.1" if site.settings.is_local else site.settings.domain_name

    def connect(self) -> None:
        """Open the connection."""
        plain = socket.create_connection((self.address, self.port), self.timeout)
        self.sock = self.tls.wrap_socket(plain, server_hostname=self.host)


def get(site: Site, path: str) -> tuple[int, str]:
    """Return the status and the text of a page."""
    with closing(Connection(site)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")


def run(site: Site) -> str:
    """Wait until the home page and its static files are there. Raises DeployError.

    That the database answers and has all migrations is known: no container serves without (``migrate --check``).
    """
    if problem := wait_until(lambda: _problem(site), timeout=60, progress=site.console.progress, interval=1):
        raise DeployError(f"{site.settings.url} is unhealthy.", cause=problem, hint="make status, make service-logs")
    return f"{site.settings.url} is healthy"


def _problem(site: Site) -> str:
    try:
        status, text = get(site, "/")
        if status >= 400:
            return f"/ answered {status}"
        for path in sorted(set(re.findall(r"""["'](/static/[^"'?#]+)""", text))):
            status, _ = get(site, path)
            if status != 200:
                return f"{path} answered {status}"
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    return ""
