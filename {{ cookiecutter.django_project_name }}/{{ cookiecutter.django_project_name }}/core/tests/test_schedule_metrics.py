"""What the scheduler tells Prometheus."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ..schedule_metrics import BackupMetrics, JobMetrics, ProxyMetrics

NOW = 1_800_014_400


def series(collector):
    """Return a function that gives the value of a series, or None."""
    registry = CollectorRegistry()
    registry.register(collector)
    return lambda name, **labels: registry.get_sample_value(name, labels)


def test_last_runs_of_jobs():
    runs: dict[str, Any] = {"housekeeping": None}
    value = series(JobMetrics(runs))
    assert value("site_job_success", command="housekeeping") is None
    runs["housekeeping"] = {"started": NOW, "seconds": 1.5, "ok": False, "printed": "Deleted 1"}
    assert value("site_job_success", command="housekeeping") == 0
    assert value("site_job_start_timestamp_seconds", command="housekeeping") == NOW
    assert value("site_job_duration_seconds", command="housekeeping") == 1.5


@pytest.mark.parametrize(
    ("lines", "verified", "failed"),
    [
        (["100", "0", "0", "", ""], 100, 0),
        (["100", "200", "0", "backup"], 200, 0),
        (["100", "200", "300", "restore drill", "→ make backup"], 200, 1),
    ],
)
def test_newest_backup(tmp_path, lines, verified, failed):
    value = series(BackupMetrics(tmp_path / "status", 24))
    assert value("site_backup_verified_timestamp_seconds") is None
    (tmp_path / "status").write_text("\n".join(lines))
    assert value("site_backup_verified_timestamp_seconds") == verified
    assert value("site_backup_failed") == failed
    assert value("site_backup_interval_seconds") == 86_400
    assert value("site_backup_drilled_timestamp_seconds") == 0
    (tmp_path / "drilled").write_text("150\n")
    assert value("site_backup_drilled_timestamp_seconds") == 150
    assert value("site_wal_stored_timestamp_seconds") is None
    (tmp_path / "wal").write_text("150\n160\nbucket is full\n")
    assert value("site_wal_stored_timestamp_seconds") == 150
    assert value("site_wal_failed") == 1


@pytest.mark.parametrize(("host", "missing"), [("example.com", 1), ("localhost", 0), ("shop.localhost", 0)])
def test_certificate_that_the_proxy_shows(https, host, missing):
    value = series(ProxyMetrics(host, https, "issuer"))
    assert value("site_proxy_up", proxy="127.0.0.1") == 1
    begin = value("site_certificate_not_before_timestamp_seconds", service="issuer")
    end = value("site_certificate_not_after_timestamp_seconds", service="issuer")
    assert end - begin == timedelta(days=5).total_seconds()
    assert abs(datetime.fromtimestamp(begin, UTC) - datetime.now(UTC)) < timedelta(hours=1)
    assert value("site_certificate_self_signed", service="issuer") == missing


def test_proxy_that_does_not_answer():
    value = series(ProxyMetrics("localhost", ("127.0.0.1", 9), "issuer"))
    assert value("site_proxy_up", proxy="127.0.0.1") == 0
    assert value("site_certificate_not_after_timestamp_seconds", service="issuer") is None
