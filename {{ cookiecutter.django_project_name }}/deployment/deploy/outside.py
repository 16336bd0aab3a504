"""Asks the site as a visitor would, through Caddy."""

import http.client
import re
import socket
import ssl
import time

from deploy.console import Step
from deploy.errors import DeployError
from deploy.site import Site


class Visitor(http.client.HTTPSConnection):
    """A connection to the site; a site for this machine alone is on this machine, whatever DNS says."""

    def __init__(self, site: Site):
        context = ssl.create_default_context()
        if not site.settings.is_trusted:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        super().__init__(site.settings.domain_name, site.settings.https_port, timeout=10, context=context)
        self.address = "127.0.0.1" if site.settings.is_local else site.settings.domain_name
        self.tls = context

    def connect(self) -> None:
        """Open the connection."""
        plain = socket.create_connection((self.address, self.port), self.timeout)
        self.sock = self.tls.wrap_socket(plain, server_hostname=self.host)


def ask(site: Site, path: str) -> tuple[int, str]:
    """Return the status and the text of a page."""
    visitor = Visitor(site)
    try:
        visitor.request("GET", path)
        answer = visitor.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        visitor.close()


def check(site: Site, *, timeout: float = 60, step: Step | None = None) -> str:
    """Wait until the first page and its static files are there. Raises DeployError.

    That the database answers and has all migrations is known: no container serves without (`require_migrations`).
    """
    deadline = time.monotonic() + timeout
    while True:
        problem = _problem(site)
        if not problem:
            return f"{site.settings.url} is well"
        if time.monotonic() > deadline:
            raise DeployError(f"{site.settings.url} is not well.", cause=problem, hint="make status, make service-logs")
        if step:
            step.progress(problem)
        time.sleep(1)


def _problem(site: Site) -> str:
    try:
        status, text = ask(site, "/")
        if status >= 400:
            return f"/ answered {status}"
        for path in sorted(set(re.findall(r"""["'](/static/[^"'?#]+)""", text))):
            status, _ = ask(site, path)
            if status != 200:
                return f"{path} answered {status}"
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    return ""
