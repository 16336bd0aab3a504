"""The advice to let browsers use only HTTPS for longer."""

from datetime import UTC, datetime, timedelta

import pytest

from ddpt_deploy.release import hsts
from ddpt_deploy.site import settings
from support.projects import DEFAULTS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "typed", "expected"),
    [
        (6.9, {}, False),
        (7, {}, True),
        (700, {"SECURE_HSTS_SECONDS": "86400"}, True),
        (700, {"SECURE_HSTS_SECONDS": "31536000"}, False),
        (700, {"DOMAIN_NAME": "localhost"}, False),
    ],
)
def test_more_hsts_is_advised_after_a_week(baked, days, typed, expected):
    site = settings.load("production", baked(DEFAULTS) / "deployment", shell={}, typed=typed)
    advice = hsts.advice(site, NOW - timedelta(days=days), NOW)
    assert bool(advice) is expected
    if expected:
        assert "SECURE_HSTS_SECONDS=31536000 into production.env" in advice
        assert "make deploy-caddy deploy-django" in advice
