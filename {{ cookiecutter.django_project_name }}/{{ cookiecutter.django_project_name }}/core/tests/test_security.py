"""Headers that tell browsers what a page may do."""

import pytest
from django.urls import reverse


@pytest.mark.parametrize("page", ["home", "login"])
def test_pages_run_nothing_inline_and_load_nothing_from_elsewhere(client, db, page):
    policy = client.get(reverse(page)).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("page", ["admin:login", "admin:index"])
def test_the_admin_has_a_policy_too(admin_client, page):
    response = admin_client.get(reverse(page), follow=True)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy


def test_pages_ask_for_no_camera_and_are_in_no_frame(client, db):
    headers = client.get(reverse("home")).headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
