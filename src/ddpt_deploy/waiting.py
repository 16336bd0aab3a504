"""The one loop that waits for something."""

import time
from collections.abc import Callable


def wait_until(
    poll: Callable[[], str], *, timeout: float, progress: Callable[[str], None], interval: float = 0.5
) -> str:
    """Poll until there is nothing left to wait for; return "", or what was still missing after ``timeout`` seconds.

    ``poll`` returns what is still missing and raises when waiting makes no sense any more; ``progress`` is told of it.
    """
    deadline = time.monotonic() + timeout
    while (missing := poll()) and time.monotonic() <= deadline:
        progress(missing)
        time.sleep(interval)
    return missing
