"""The advice to let browsers use only HTTPS for longer."""

from datetime import timedelta

import pytest

from ddpt_deploy.cli.status import hsts_advice
from ddpt_deploy.site import settings
from support.projects import DEFAULTS


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
    advice = hsts_advice(site, timedelta(days=days))
    assert bool(advice) is expected
    if expected:
        assert "SECURE_HSTS_SECONDS=31536000 into production.env" in advice
        assert "make deploy-caddy deploy-django" in advice
