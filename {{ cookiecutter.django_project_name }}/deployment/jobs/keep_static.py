"""Runs in the new image, on each node with public ports: copies its hashed static files to where the proxy serves them.

Those of the RECORDED releases stay, and of releases that ran in the last DAYS, for pages that are still open. A file is
either there as a whole or not at all, and no file is ever changed: its name carries a hash of its content.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

SOURCE = Path("staticfiles")
KEPT = Path("/kept")
RELEASES = KEPT / ".releases"


def hashed_files() -> list[str]:
    """Return the hashed names from the manifest in the image, with their compressed variants."""
    manifest = SOURCE / "staticfiles.json"
    if not manifest.is_file():
        return []
    names = sorted(set(json.loads(manifest.read_text())["paths"].values()))
    variants = [name + ending for name in names for ending in ("", ".br", ".gz")]
    return [name for name in variants if (SOURCE / name).is_file()]


def main() -> None:
    """Copy files, record which are of this release, and remove those of no release that is on record or recent."""
    files = hashed_files()
    for name in [name for name in files if not (KEPT / name).exists()]:
        target = KEPT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".partial")
        shutil.copyfile(SOURCE / name, partial)
        partial.chmod(0o644)
        partial.rename(target)
    release = os.environ["RELEASE"]
    RELEASES.mkdir(exist_ok=True)
    (RELEASES / f"{release}.json").write_text(json.dumps(files))
    recorded = os.environ["RECORDED"].split()
    # the last of them runs until now
    for note in [RELEASES / f"{version}.json" for version in recorded[-1:]]:
        if note.exists():
            note.touch()
    oldest = time.time() - 86_400 * int(os.environ["DAYS"])
    kept = {release, *recorded}
    notes = [path for path in RELEASES.glob("*.json") if path.stem in kept or path.stat().st_mtime > oldest]
    wanted = {KEPT / name for path in notes for name in json.loads(path.read_text())} | {*notes}
    for path in [*KEPT.rglob("*")]:
        if path.is_file() and path not in wanted:
            path.unlink()
    sys.stdout.write(f"{len(files)} files, {len(notes)} releases\n")


main()
