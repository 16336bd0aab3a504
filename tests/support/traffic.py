"""Keeps the load generator running beside the tests, and tells each test what happened while it ran."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LOAD = Path(__file__).with_name("load.py")


@dataclass
class Seen:
    """What the visitors of a site saw for some time."""

    seconds: float = 0
    sent: int = 0
    repeated: int = 0
    slowest: float = 0
    failures: list[dict] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.sent} requests in {self.seconds:.0f} s ({self.sent / self.seconds:.0f}/s), "
            f"{len(self.failures)} failed, slowest {self.slowest:.2f} s"
            + (f", {self.repeated} sent again on a new connection" if self.repeated else "")
        )


class Traffic:
    """Visitors of a site, from start to stop."""

    def __init__(self, url: str, rate: float):
        self.url = url
        self.rate = rate
        self.counts: list[dict] = []
        self.failures: list[dict] = []
        self.stored: list[str] = []

    def start(self) -> None:
        """Send visitors."""
        command = [sys.executable, LOAD, self.url, "--rate", str(self.rate), "--address", own_address()]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        while not self.counts:
            time.sleep(0.1)

    def stop(self) -> None:
        """Send no more, and wait for the last answers."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        self.reader.join(60)

    @contextmanager
    def watch(self, name: str, settle: float = 3) -> Iterator[Seen]:
        """Collect what visitors see during a block, and for some seconds after it, and print it."""
        first, failed = self.counts[-1], len(self.failures)
        seen = Seen()
        yield seen
        time.sleep(settle)
        assert self.process.poll() is None, "the load generator has ended"
        last = self.counts[-1]
        seen.seconds = last["time"] - first["time"]
        seen.sent = last["sent"] - first["sent"]
        seen.repeated = last["repeated"] - first["repeated"]
        seen.slowest = max(count["slowest"] for count in self.counts if count["time"] > first["time"])
        seen.failures = self.failures[failed:]
        print(f"PROOF {name}: {seen}")
        for failure in seen.failures[:10]:
            print(f"  {failure}")

    def _read(self) -> None:
        for line in self.process.stdout:
            facts = json.loads(line)
            if "failure" in facts:
                self.failures.append(facts["failure"])
            else:
                self.counts.append(facts)
                self.stored = facts.get("stored", [])


def own_address() -> str:
    """Return an address of this machine by which the way to a published port is the usual one.

    By 127.0.0.1 every byte would go through a helper process of the engine, which gives up under load.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # nothing is sent: this only asks which address would be used
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
