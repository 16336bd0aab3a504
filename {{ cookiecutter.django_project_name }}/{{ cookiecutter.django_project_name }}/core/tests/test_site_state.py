"""How the site is, as ``make status`` shows it."""

import time
from typing import Any

import pytest

from .. import site_state
from ..site_state import Backups, Certificate, read_backups, report

DAY = 86_400
NOW = 1_800_014_400
RUN: dict[str, Any] = {"started": NOW, "seconds": 1.54, "ok": True, "printed": "Deleted 1"}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A function that changes the site: its certificate, the lines of the files about backups, the environment."""
    shown: dict[str, Any] = {}

    def read_certificate(host: str, address: tuple[str, int]) -> Certificate:
        if not shown:
            raise ConnectionRefusedError("Connection refused")
        return Certificate(**shown)

    def change(certificate: dict[str, Any] | None = None, backups: str = "", drilled: str = "", **names: str) -> None:
        shown.update(certificate or {})
        (tmp_path / "status").write_text(backups)
        (tmp_path / "drilled").write_text(drilled)
        for name, value in names.items():
            monkeypatch.setenv(name, value)

    monkeypatch.setattr(site_state, "read_certificate", read_certificate)
    change(
        BACKUP_STATUS=str(tmp_path / "status"),
        DOMAIN_NAME="example.com",
        ENVIRONMENT="staging",
        PROXY="proxy:443",
        CERTIFICATES_OF="issuer",
        SECURE_HSTS_SECONDS="3600",
    )
    return change


def certificate(begin: float, end: float, *, self_signed: bool = False) -> dict[str, Any]:
    """Return a certificate that is valid from some days to others, from now."""
    return {"begin": NOW + begin * DAY, "end": NOW + end * DAY, "self_signed": self_signed}


def messages(found: dict[str, Any]) -> list[str]:
    """Return the problems of a report."""
    return [problem["message"] for problem in found["problems"]]


def test_jobs_that_failed_are_problems(site):
    site(certificate(-10, 80))
    failed = RUN | {"ok": False, "printed": "Too old: make backup"}
    found = report({"housekeeping": RUN, "check_backup": failed, "new": None}, NOW)
    assert [(job["job"], job["result"], job["seconds"]) for job in found["facts"]["jobs"]] == [
        ("housekeeping", "ok", "1.5"),
        ("check_backup", "failed", "1.5"),
    ]
    [problem] = found["problems"]
    assert problem == {
        "message": "The scheduled job check_backup failed.",
        "cause": "Too old: make backup",
        "hint": "make service-logs SERVICE=scheduler SINCE=24h",
    }


def test_last_backup_and_drill(site):
    site(certificate(-10, 80), f"{NOW - DAY}\n{NOW}\n0\n", "0\n")
    expected = {"verified": "2027-01-15T12:00:00+00:00", "restored for a drill": "never"}
    assert report({}, NOW)["facts"]["backups"] == expected


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        (certificate(-60, 30), ""),
        (certificate(-80, 10), "The certificate expires in 10.0 days."),
        (certificate(-5, 1.3), ""),
        (certificate(-5, 1), "The certificate expires in 1.0 days."),
        (certificate(-340, 25), ""),
        (certificate(-80, 10, self_signed=True), "No authority has signed the certificate yet."),
        (None, "The proxy shows no certificate."),
    ],
)
def test_certificate_that_needs_attention(site, shown, message):
    site(shown)
    found = report({}, NOW)
    assert messages(found) == ([message] if message else [])
    for problem in found["problems"]:
        assert problem["hint"] == "make service-logs SERVICE=issuer SINCE=24h"


def test_certificate_of_localhost_may_be_signed_by_itself(site):
    site(certificate(-80, 3650, self_signed=True), DOMAIN_NAME="shop.localhost")
    assert messages(report({}, NOW)) == []


@pytest.mark.parametrize(
    ("days", "names", "advised"),
    [
        (6.9, {}, False),
        (7, {}, True),
        (700, {"SECURE_HSTS_SECONDS": "86400"}, True),
        (700, {"SECURE_HSTS_SECONDS": "31536000"}, False),
        (700, {"DOMAIN_NAME": "localhost"}, False),
    ],
)
def test_more_hsts_is_advised_after_a_week(site, days, names, advised):
    site(certificate(-10, 80), f"{NOW - days * DAY}\n{NOW}\n0\n", **names)
    advice = report({}, NOW)["facts"].get("advice", "")
    assert bool(advice) is advised
    if advised:
        assert "SECURE_HSTS_SECONDS=31536000 into staging.env" in advice
        assert "make deploy-proxy deploy-django" in advice


def test_certificate_of_a_server(https):
    found = site_state.read_certificate("example.com", https)
    assert found.self_signed
    assert found.end - found.begin == 5 * DAY
    assert abs(found.begin - time.time()) < 3600
    with pytest.raises(OSError, match="refused"):
        site_state.read_certificate("example.com", ("127.0.0.1", 9))


def test_state_of_backups_before_the_first_drill(tmp_path):
    assert read_backups(tmp_path / "status") is None
    (tmp_path / "status").write_text("100\n200\n0\nnone\n")
    assert read_backups(tmp_path / "status") == Backups(100, 200, 0, 0)
