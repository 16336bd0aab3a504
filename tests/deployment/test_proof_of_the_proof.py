"""The proof would notice: with a safeguard taken away, requests fail.

Each way is rolled again and again, until a visitor sees a failure; with all safeguards nobody does (test_proof.py).
"""

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("deployment")]

ROLLS = 6


def failures(site, traffic, name, **settings):
    """Roll Django under load until something fails, and return what failed."""
    for number in range(ROLLS):
        with traffic.watch(f"{name}, rollout {number + 1}") as seen:
            # any change rolls it
            site.make("deploy-django", ADMIN_URL=f"admin-{number}/", **settings)
        if seen.failures:
            return seen.failures
    return []


def test_without_draining_requests_fail(site, traffic):
    site.make("deploy-django", DRAIN_SECONDS="0")
    try:
        assert failures(site, traffic, "no draining", DRAIN_SECONDS="0")
    finally:
        site.make("deploy-django")


def test_with_the_default_refresh_of_dns_requests_fail(site, traffic):
    site.edit("deployment/caddy/Caddyfile", "\t\t\t\trefresh 1s\n", "")
    site.make("deploy-caddy")
    try:
        assert failures(site, traffic, "DNS asked once a minute")
    finally:
        site.git("checkout", "--quiet", ".")
        site.make("deploy-caddy")
        site.make("deploy-django")
