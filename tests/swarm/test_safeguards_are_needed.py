"""Each safeguard is needed: without it requests fail, and the proof would notice.

Each is deployed repeatedly until a request fails; with all safeguards none does (test_releases.py).
"""

import pytest

pytestmark = pytest.mark.site

# with less load it takes more of them
ROLLS = 12


def failures(site, traffic, name, **settings):
    """Roll Django under load until something fails, and return what failed."""
    for number in range(ROLLS):
        with traffic.watch(f"{name}, rollout {number + 1}") as seen:
            # any change rolls it; the smoke test may be one of those that fail
            site.attempt("deploy-django", ADMIN_URL=f"admin-{number}/", **settings)
        if seen.failures:
            return seen.failures
    return []


@pytest.mark.long
def test_draining_prevents_failed_requests(site, traffic):
    """The swarm takes a container out of DNS two seconds before it stops it; word of that can take longer.

    On one node it does not, so the proxy asks every six seconds here. And gunicorn's own worker is used, which does not
    say at once that it has closed: with draining nobody notices, without it some do.
    """
    edit = {
        "caddy": ("deployment/caddy/Caddyfile", "refresh 1s\n", "refresh 6s\n"),
        "nginx": ("deployment/nginx/nginx.conf", "valid=1s", "valid=6s"),
    }
    site.edit(*edit[site.proxy])
    site.edit("gunicorn.conf.py", "worker_class = Worker", 'worker_class = "gthread"')
    site.make(f"deploy-{site.proxy}")
    try:
        site.commit("without safeguards")
        site.make("deploy")
        with traffic.watch("word that comes late, with draining") as seen:
            site.make("deploy-django", ADMIN_URL="drained/")
        assert seen.failures == []
        site.make("deploy-django", DRAIN_SECONDS="0")
        assert failures(site, traffic, "word that comes late, no draining", DRAIN_SECONDS="0")
    finally:
        site.undo()
        site.make(f"deploy-{site.proxy}")
        site.make("deploy")


@pytest.mark.long
def test_with_the_default_refresh_of_dns_requests_fail(site, traffic):
    edit = {
        "caddy": ("deployment/caddy/Caddyfile", "\t\trefresh 1s\n", ""),
        # by its default NGINX does what DNS says, and Swarm's says ten minutes
        "nginx": ("deployment/nginx/nginx.conf", " valid=1s", ""),
    }
    site.edit(*edit[site.proxy])
    site.make(f"deploy-{site.proxy}")
    try:
        assert failures(site, traffic, "DNS asked once a minute")
    finally:
        site.git("checkout", "--quiet", ".")
        site.make(f"deploy-{site.proxy}")
        site.make("deploy-django")
