"""The static file that every subject serves: the same bytes, so that servers are compared, not files."""

import json
import random
from pathlib import Path

NAME = "bench.css"


def content() -> bytes:
    """Return a style sheet of 20 KB that compresses as style sheets do."""
    choose = random.Random(1)
    rules = []
    while sum(map(len, rules)) < 20_000:
        rules.append(
            f".rule-{choose.randrange(10**6)} {{ margin: {choose.randrange(99)}px; color: #{choose.randrange(16**6):06x}; }}\n"
        )
    return "".join(rules).encode()[:20_000]


def hashed_path(staticfiles: Path, name: str) -> str:
    """Return the URL path that a collected file has, from the manifest.

    Args:
        staticfiles: the folder of collected files.
        name: the path of the file without a hash.
    """
    return f"/static/{json.loads((staticfiles / 'staticfiles.json').read_text())['paths'][name]}"
