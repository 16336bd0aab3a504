"""Deploys a Django project to Docker Swarm: from a built image to a running site, and from one release to the next.

Its layers, each of which imports only those below it:

- ``cli/``      what an operator types: ``main`` has the table of commands
- ``release/``  what a command does: the steps of a release, backing services, backups, secret rotation, removal
- ``site/``     what is known about a site: settings, stack files, secrets, recorded releases, the lock, nodes
- ``docker``    how Docker is asked
- ``console`` and ``errors`` serve all of them

What runs in containers is in other folders of ``deployment/``: ``backups/``, ``jobs/``, ``postgres/`` and so on.
It needs Python 3.11, git and the ``docker`` command with Compose; a server needs nothing but Docker.
"""

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - the operator's own Python, not that of the project
    sys.exit("Python 3.11 or newer is required: make PYTHON=python3.13, or where it is")

__version__ = (Path(__file__).parent / "VERSION").read_text().strip()
