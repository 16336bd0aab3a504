"""Hooks: programs of the project's own before and after each step, such as ``hooks/before-migrate``."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ddpt_deploy.console import Step
from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site

STEPS = ("preflight", "build", "push", "pull", "migrate", "static", "roll", "smoke-test", "record", "prune")


@contextmanager
def step(site: Site, name: str, version: str = "") -> Iterator[Step]:
    """Do a step between its hooks, and print how it went. Raises LockLostError when others may work on the site."""
    run(site, "before", name, version)
    lock.check(site)
    with site.console.step(name) as shown:
        yield shown
    run(site, "after", name, version)


def path(site: Site, moment: str, step: str) -> Path:
    """Return where the hook for a moment would be."""
    return site.folder / "hooks" / f"{moment}-{step}"


def run(site: Site, moment: str, step: str, version: str = "") -> None:
    """Run a hook, if there is one. Raises DeployError when it fails, which ends the deploy."""
    hook = path(site, moment, step)
    if not hook.is_file():
        return
    lock.check(site)
    if not os.access(hook, os.X_OK):
        raise DeployError(f"The hook {hook.name} is not executable.", hint=f"chmod +x deployment/hooks/{hook.name}")
    known = {name: site.settings.variables()[name] for name in ("STACK_NAME", "DOMAIN_NAME", "ENVIRONMENT")}
    result = subprocess.run([str(hook)], cwd=site.project, env={**os.environ, **known, "VERSION": version})
    if result.returncode:
        raise DeployError(f"The hook {hook.name} failed with status {result.returncode}.")
