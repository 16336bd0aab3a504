"""What `make status` says of scheduled jobs, and when it advises more HSTS."""

import re
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


def test_what_was_changed_and_not_applied_is_named(site, run):
    """The Caddyfile is no part of a release, so nothing else would say it."""
    assert run("setup")[0] == 0
    assert "not applied" not in run("status")[1]
    caddyfile, production = site.folder / "caddy/Caddyfile", site.folder / "production.env"
    caddyfile.write_text(caddyfile.read_text() + "# changed\n")
    production.write_text(re.sub("REDIS_MEMORY=.*", "REDIS_MEMORY=64M", production.read_text()))
    production.write_text(re.sub("LOG_LEVEL=.*", "LOG_LEVEL=DEBUG", production.read_text()))
    status, printed = run("status")
    assert status == 0
    for line in (
        "changed and not applied: caddy/Caddyfile: make deploy-caddy",
        "changed and not applied: stacks/redis.yml: make deploy-redis",
        "changed and not applied: LOG_LEVEL: make deploy-django",
    ):
        assert line in printed
    assert run("deploy", version="v2")[0] == 0
    assert "caddy/Caddyfile" in run("status")[1]
    assert run("rollback")[0] == 0
    assert "caddy/Caddyfile" in run("status")[1]
    assert run("deploy-stack", "STACK=caddy")[0] == 0
    assert "caddy/Caddyfile" not in run("status")[1]


def test_the_age_of_each_image_is_shown(swarm, run, monkeypatch):
    assert run("setup")[0] == 0
    swarm.digests["redis:8-alpine"] = ["redis@sha256:0123456789abcdef"]
    assert run("deploy-stack", "STACK=redis")[0] == 0
    printed = run("status")[1]
    assert re.search(r"^redis .* redis@sha256:0123456789ab +\d+ days ago", printed, re.MULTILINE)
    # one that no registry has, by its name
    assert re.search(r"^caddy .* caddy:2-alpine +\d+ days ago", printed, re.MULTILINE)


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
