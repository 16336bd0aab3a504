"""Security headers."""

import pytest
from django.urls import reverse


@pytest.mark.parametrize("page", ["home", "login"])
def test_policy_of_pages_is_strict(client, db, page):
    policy = client.get(reverse(page)).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_admin_has_policy(client, admin_client):
    for response in (client.get(reverse("admin:login")), admin_client.get(reverse("admin:index"))):
        assert response.status_code == 200
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_security_headers(client, db):
    headers = client.get(reverse("home")).headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
