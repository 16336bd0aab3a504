"""The audit trail: who did what, when and from where, and how it ended; kept in the swarm."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ddpt_deploy.errors import DockerError
from ddpt_deploy.site import store
from ddpt_deploy.site.site import Site

# How many entries are kept
LENGTH = 200


def entry(site: Site, what: str) -> dict[str, str]:
    """Return who does something, when and from where."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"when": now, "who": site.user, "where": socket.gethostname(), "what": what}


@contextmanager
def recorded(site: Site, what: str) -> Iterator[Site]:
    """Record what is done meanwhile, and how it ended."""
    begun, result = entry(site, what), "ok"
    try:
        yield site
    except BaseException as error:
        result = f"failed: {error}".splitlines()[0]
        raise
    finally:
        try:
            store.create(site, "audit", f"audit_{time.time_ns()}", json.dumps({**begun, "result": result}))
            # docker lists them by name
            for old in site.labelled("config", "audit")[:-LENGTH]:
                site.docker.remove("config", old)
        except DockerError as error:
            # what went wrong before says more
            site.console.warn(f"This is not in the audit trail: {error}")
