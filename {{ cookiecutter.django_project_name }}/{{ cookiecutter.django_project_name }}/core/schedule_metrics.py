"""What the scheduler tells Prometheus: of scheduled jobs, backups, the proxy and its certificate."""

import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .site_state import TIMEOUT, is_local, proxy_address, read_backups, read_certificate


class JobMetrics(Collector):
    """The last runs of the scheduled jobs, as ``schedule.py`` keeps them."""

    def __init__(self, runs: Mapping[str, Any]) -> None:
        """Take the runs by their commands; they may change."""
        self.runs = runs

    def collect(self) -> Iterator[Metric]:
        """Return when each job ran, for how long, and whether it ended well."""
        success = GaugeMetricFamily("site_job_success", "Whether the last run ended well.", labels=["command"])
        started = GaugeMetricFamily(
            "site_job_start_timestamp_seconds", "When the last run started.", labels=["command"]
        )
        duration = GaugeMetricFamily("site_job_duration_seconds", "How long the last run took.", labels=["command"])
        for command, run in dict(self.runs).items():
            if run:
                success.add_metric([command], float(run["ok"]))
                started.add_metric([command], run["started"])
                duration.add_metric([command], run["seconds"])
        yield from (success, started, duration)


class BackupMetrics(Collector):
    """The newest verified backup, as ``backups/schedule`` writes it: see ``check_backup``."""

    def __init__(self, status: Path, every: float) -> None:
        """Take the file, and the hours from one backup to the next."""
        self.status, self.every = status, every

    def collect(self) -> Iterator[Metric]:
        """Return nothing until there is the file."""
        backups = read_backups(self.status)
        if not backups:
            return
        yield GaugeMetricFamily("site_backup_interval_seconds", "From one backup to the next.", self.every * 3600)
        yield GaugeMetricFamily(
            "site_backup_verified_timestamp_seconds",
            "When the newest backup was verified; before the first one, since when there should be backups.",
            backups.verified or backups.since,
        )
        yield GaugeMetricFamily(
            "site_backup_failed", "Whether the last backup or restore drill failed.", float(backups.failed > 0)
        )
        yield GaugeMetricFamily(
            "site_backup_drilled_timestamp_seconds", "When a restore was rehearsed; 0: never.", backups.drilled
        )
        try:
            stored, refused = map(float, self.status.with_name("wal").read_text().splitlines()[:2])
        except (OSError, ValueError):
            return
        yield GaugeMetricFamily("site_wal_stored_timestamp_seconds", "When the write-ahead log was stored.", stored)
        yield GaugeMetricFamily("site_wal_failed", "Whether storing it failed last.", float(refused > 0))


class ProxyMetrics(Collector):
    """The proxy in front of Django, and the certificate that it shows for the site."""

    def __init__(self, host: str, address: tuple[str, int], source: str) -> None:
        """Take the host name that browsers ask for, where the proxy listens, and the service that gets certificates."""
        self.host, self.address, self.source = host, address, source

    def collect(self) -> Iterator[Metric]:
        """Return whether it accepts connections, and nothing of a certificate where it shows none."""
        up = GaugeMetricFamily("site_proxy_up", "Whether the proxy accepts connections.", labels=["proxy"])
        try:
            socket.create_connection(self.address, TIMEOUT).close()
        except OSError:
            up.add_metric([self.address[0]], 0)
            yield up
            return
        up.add_metric([self.address[0]], 1)
        yield up
        try:
            certificate = read_certificate(self.host, self.address)
        except (OSError, ValueError):
            return
        begin = GaugeMetricFamily(
            "site_certificate_not_before_timestamp_seconds", "Since when the certificate is valid.", labels=["service"]
        )
        end = GaugeMetricFamily(
            "site_certificate_not_after_timestamp_seconds", "Until when the certificate is valid.", labels=["service"]
        )
        missing = GaugeMetricFamily(
            "site_certificate_self_signed", "Whether no authority has signed the certificate yet.", labels=["service"]
        )
        begin.add_metric([self.source], certificate.begin)
        end.add_metric([self.source], certificate.end)
        # for this computer no authority gives one
        missing.add_metric([self.source], float(certificate.self_signed and not is_local(self.host)))
        yield from (begin, end, missing)


def serve(port: int, runs: Mapping[str, Any]) -> None:
    """Answer Prometheus, in a thread; ``runs`` are the last runs of the jobs, and may change."""
    registry = CollectorRegistry()
    registry.register(JobMetrics(runs))
    registry.register(BackupMetrics(Path(os.environ["BACKUP_STATUS"]), float(os.environ["BACKUP_EVERY_HOURS"])))
    registry.register(ProxyMetrics(os.environ["DOMAIN_NAME"], proxy_address(), os.environ["CERTIFICATES_OF"]))
    start_http_server(port, registry=registry)
