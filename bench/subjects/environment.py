"""Virtual environments and variables of the subjects."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.settings import BenchError
from ddpt.lock import public_index
from support.projects import TOOLS

KEPT = ("HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")


def variables(venv: Path, **more: str) -> dict[str, str]:
    """Return an environment that knows of nothing but a virtual environment and the variables given."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(venv), "WHERE": "local"} | more


def run(command: list[str | Path], folder: Path, environment: dict[str, str]) -> str:
    """Run a command that a subject needs and return what it printed; raises ``BenchError`` with the output if it fails."""
    # Where the command is decides the PATH of the subject, not that of this process.
    program = shutil.which(str(command[0]), path=environment.get("PATH")) or str(command[0])
    done = subprocess.run(
        [program, *command[1:]], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise BenchError(f"{' '.join(map(str, command))} failed in {folder}:\n{done.stdout}")
    return done.stdout


def install(venv: Path, *arguments: str | Path) -> Path:
    """Make a virtual environment with packages by ``uv pip install``, unless the same is there already; return it.

    Args:
        venv: where.
        arguments: requirements, and ``--requirement`` with a file.
    """
    texts = [one.read_text() if isinstance(one, Path) else one for one in arguments]
    wanted = hashlib.sha256("\n".join([sys.version, *texts]).encode()).hexdigest()
    mark = venv / "installed.sha256"
    if mark.exists() and mark.read_text() == wanted:
        return venv
    environment = public_index() | {"UV_SYSTEM_CERTS": "true"}
    uv: list[str | Path] = [TOOLS / "uv", "--quiet"]
    run([*uv, "venv", "--clear", "--python", sys.executable, venv], venv.parent, environment)
    install = [*uv, "pip", "install", "--compile-bytecode", "--python", venv / "bin/python", *arguments]
    run(install, venv.parent, environment)
    mark.write_text(wanted)
    return venv


def empty(folder: Path) -> Path:
    """Return a folder that is empty now."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
