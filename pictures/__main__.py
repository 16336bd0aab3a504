"""Make pictures: ``python -m pictures [home] [release]``; without a name, all."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pictures import home, release

PICTURES = {"home": home.make, "release": release.make}
DOCS = Path(__file__).parents[1] / "docs"


def main(names: list[str]) -> int:
    """Make pictures, all of them if none is named, and return the exit status."""
    if unknown := [name for name in names if name not in PICTURES]:
        print(f"There is no picture {', '.join(unknown)} → make pictures, or one of {list(PICTURES)}", file=sys.stderr)
        return 1
    for name in names or PICTURES:
        with TemporaryDirectory() as folder:
            for path in PICTURES[name](Path(folder), DOCS):
                print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
