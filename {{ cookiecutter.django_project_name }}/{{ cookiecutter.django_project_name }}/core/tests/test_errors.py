"""Error pages."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client
from django.urls import path, reverse

from ...config import urls as site_urls


def break_with(error: Exception):
    """Return a view that raises an error."""

    def view(request: HttpRequest):
        raise error

    return view


handler500 = site_urls.handler500
urlpatterns = [
    *site_urls.urlpatterns,
    path("400", break_with(SuspiciousOperation())),
    path("403", break_with(PermissionDenied())),
    path("500", break_with(RuntimeError("a detail for developers"))),
]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_error_pages(db, status):
    client = Client(raise_request_exception=False)
    response = client.get(f"/{status}")
    assert response.status_code == status
    assert "core/style" in response.text
    assert response.headers["Content-Security-Policy"]
    assert "a detail for developers" not in response.text


@pytest.mark.urls(__name__)
def test_server_error_shows_request_id(db):
    response = Client(raise_request_exception=False).get("/500")
    assert response.headers["X-Request-ID"] in response.text


def test_csrf_failure_has_its_own_page(db):
    response = Client(enforce_csrf_checks=True).post(reverse("login"))
    assert response.status_code == 403
    assert "403_csrf.html" in [template.name for template in response.templates]


def test_unknown_host_is_refused(client, db):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
