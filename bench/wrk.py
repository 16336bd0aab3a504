"""Load from wrk, a closed-loop HTTP load generator: https://github.com/wg/wrk."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.settings import BenchError

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: int  # of the socket, timeouts, and statuses of 400 or more

    @property
    def requests_per_second(self) -> float:
        """Answers in a second."""
        return self.requests / self.seconds

    def figures(self) -> dict[str, float]:
        """Return the figures of a sample."""
        return {
            "requests_per_second": self.requests_per_second,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            "errors": self.errors,
        }


def parse(printed: str) -> Load:
    """Return what ``wrk.lua`` printed after wrk's own lines."""
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if not lines:
        raise BenchError(f"wrk printed no result:\n{printed}")
    seen = json.loads(lines[-1])
    return Load(
        requests=seen["requests"],
        seconds=seen["duration_us"] / 1e6,
        p50_ms=seen["p50_us"] / 1e3,
        p99_ms=seen["p99_us"] / 1e3,
        errors=sum(seen["errors"].values()),
    )


def require_wrk() -> None:
    """Raise ``BenchError`` where wrk is not installed."""
    if not shutil.which("wrk"):
        raise BenchError("wrk is not installed → apt-get install wrk")


def load(url: str, seconds: int, connections: int, headers: dict[str, str], address: str = "") -> Load:
    """Request a URL over a number of connections, as fast as it is answered.

    Args:
        url: with a port, if there is an ``address``.
        seconds: how long.
        connections: how many.
        headers: of each request.
        address: where to connect to, if the host name of the URL does not tell.
    """
    require_wrk()
    options = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--latency"]
    command += ["--timeout", "10s", "--script", str(SCRIPT), *options, url]
    environment = dict(os.environ)
    if address:
        environment |= {"WRK_ADDRESS": address, "WRK_PORT": str(urlsplit(url).port)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise BenchError(f"wrk failed: {done.stderr or done.stdout}")
    return parse(done.stdout)
