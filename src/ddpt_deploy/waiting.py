"""The one loop that waits for something."""

import time
from collections.abc import Callable


def wait_until(
    poll: Callable[[], str], *, timeout: float, interval: float = 0.5, progress: Callable[[str], None] | None = None
) -> str:
    """Poll until there is nothing left to wait for; return "", or what was still missing after ``timeout`` seconds.

    ``poll`` returns what is still missing and raises when waiting makes no sense any more; ``progress`` is told of it.
    """
    deadline = time.monotonic() + timeout
    while True:
        missing = poll()
        if not missing or time.monotonic() > deadline:
            return missing
        if progress:
            progress(missing)
        time.sleep(interval)
