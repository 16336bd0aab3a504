"""Generates a project with the defaults in ``build/`` and serves it, as ``make start`` there does."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from ddpt.generate import TEMPLATE, generate

KEPT = (".venv", "db.sqlite3")  # from one demo to the next: what takes long to install, and what was typed in


def bake(folder: Path) -> Path:
    """Generate the project in ``folder``, in place of one from before, and return where it is."""
    for old in folder.glob("*/*"):
        if not old.name.startswith(KEPT):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    return generate(folder, overwrite_if_exists=True)


def taken(port: int) -> bool:
    """Tell whether something listens at a port of this machine already."""
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    """Serve the project until Ctrl-C."""
    port = int(os.environ.get("DJANGO_PORT", "8000"))
    if taken(port):
        print(f"Port {port} is in use: type `make demo DJANGO_PORT={port + 1}` to take another.", file=sys.stderr)
        return 1
    project = bake(TEMPLATE / "build")
    print(f"Generated {project}", flush=True)
    # uv, which is installed here, installs the project's packages.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    try:
        return subprocess.run([project / "bin/start"], env=os.environ | {"PATH": path}).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
