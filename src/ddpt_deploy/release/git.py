"""The version of what is built: the git revision."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path


def is_dirty(folder: Path) -> bool:
    """Tell whether something is not committed."""
    return bool(_git(folder, "status", "--porcelain", "--", "."))


def version(folder: Path) -> str:
    """Return the name of what would be built now; what is not committed gets a name by its time."""
    revision = _git(folder, "rev-parse", "--short=12", "HEAD")
    if revision and not is_dirty(folder):
        return revision
    return f"{revision or 'untracked'}-{datetime.now(UTC):%Y%m%d%H%M%S}"


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
