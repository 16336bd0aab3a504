"""Run a manage.py command in a running container: make manage CMD="check --deploy"."""

import shlex
import sys

from deploy import inside
from deploy.site import Site


def run(site: Site) -> int:
    """Run a management command and return its exit status."""
    command = shlex.split(site.required("CMD", 'make manage CMD="check --deploy"'))
    return inside.run(site, "django", ["python", "manage.py", *command], terminal=sys.stdin.isatty())
