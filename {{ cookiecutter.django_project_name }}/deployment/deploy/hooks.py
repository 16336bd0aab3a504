"""Programs of the project's own, before and after each step: ``hooks/before-migrate``, ``hooks/after-roll`` ..."""

import os
import subprocess
from pathlib import Path

from deploy.errors import DeployError
from deploy.site import Site

STEPS = ("preflight", "build", "push", "migrate", "static", "roll", "ask", "record", "prune")


def path(site: Site, moment: str, step: str) -> Path:
    """Return where the hook for a moment would be."""
    return site.file("hooks") / f"{moment}-{step}"


def run(site: Site, moment: str, step: str, **facts: str) -> None:
    """Run a hook, if there is one. Raises DeployError when it fails, which ends the deploy."""
    hook = path(site, moment, step)
    if not hook.is_file():
        return
    if not os.access(hook, os.X_OK):
        raise DeployError(f"The hook {hook.name} cannot be executed.", hint=f"chmod +x deployment/hooks/{hook.name}")
    known = {
        "STACK_NAME": site.stack,
        "DOMAIN_NAME": site.settings.domain_name,
        "ENVIRONMENT": site.settings.environment,
        **facts,
    }
    result = subprocess.run([str(hook)], cwd=site.folder.parent, env={**os.environ, **known})
    if result.returncode:
        raise DeployError(f"The hook {hook.name} ended with {result.returncode}.")
