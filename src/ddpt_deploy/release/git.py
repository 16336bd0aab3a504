"""The version of what is built: the git revision."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from ddpt_deploy.errors import DeployError


def is_dirty(folder: Path) -> bool:
    """Tell whether something is not committed."""
    return bool(_git(folder, "status", "--porcelain", "--", "."))


def version(folder: Path) -> str:
    """Return the name of what would be built now; what is not committed gets a name by its time."""
    revision = _git(folder, "rev-parse", "--short=12", "HEAD")
    if revision and not is_dirty(folder):
        return revision
    return f"{revision or 'untracked'}-{datetime.now(UTC):%Y%m%d%H%M%S}"


def valid_version(text: str) -> str:
    """Check a name that becomes part of an image's tag, which has 128 characters at most. Raises DeployError."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", text):
        raise DeployError(f"VERSION: {text!r} is invalid: give letters, digits, dots and hyphens, 100 at most.")
    return text


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
