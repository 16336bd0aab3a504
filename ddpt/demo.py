"""Bakes a project with the defaults into ``build/`` and serves it, as ``make start`` there does."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parent.parent
PORT = 8000
KEPT = {".venv", "db.sqlite3"}  # from one demo to the next: what takes long to install, and what was typed in


def bake(folder: Path) -> Path:
    """Bake the project into ``folder``, in place of one from before, and return where it is."""
    for old in folder.glob("*/*"):
        if old.name not in KEPT:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    return Path(
        cookiecutter(
            str(TEMPLATE), no_input=True, default_config=True, output_dir=str(folder), overwrite_if_exists=True
        )
    )


def taken(port: int) -> bool:
    """Tell whether something listens at a port of this machine already."""
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    """Serve the project until Ctrl-C."""
    if taken(PORT):
        print(f"Port {PORT} is in use: end what listens there, then type `make demo` again.", file=sys.stderr)
        return 1
    project = bake(TEMPLATE / "build")
    print(f"Baked {project}", flush=True)
    try:
        return subprocess.run([project / "bin/start"]).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
