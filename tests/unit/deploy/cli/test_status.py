"""What `make status` says of scheduled jobs, and when it advises more HSTS."""

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
    advice = hsts_advice(site, "caddy", timedelta(days=days))
    assert bool(advice) is expected
    if expected:
        assert "SECURE_HSTS_SECONDS=31536000 into production.env" in advice
        assert "make deploy-caddy deploy-django" in advice


def test_exit_status_is_that_of_the_last_runs(swarm, run):
    assert run("setup")[0] == 0
    assert run("status")[0] == 0
    line = '{"jobs": {"check_backup": {"started": 0, "seconds": 1.5, "ok": %s, "printed": "too old"}, "x": null}}\n'
    swarm.logs["site_scheduler"] = line % "true" + "check_backup: ...\n" + line % "false"
    status, printed = run("status")
    assert status == 1
    assert "check_backup  1970-01-01T00:00:00+00:00  1.5      failed  too old" in printed
    swarm.logs["site_scheduler"] += line % "true"
    assert run("status")[0] == 0
