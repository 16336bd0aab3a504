"""What is counted for Prometheus."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from prometheus_client import REGISTRY

from ...config import urls as site_urls
from ...conftest import REQUIRED
from .. import metrics

MIDDLEWARE = f"{metrics.__name__}.measure"


@pytest.fixture
def grown():
    """Return a function that tells by how much a series has grown in the test."""
    before = {(one.name, *one.labels.values()): one.value for metric in REGISTRY.collect() for one in metric.samples}

    def grown(name: str, **labels: str) -> float:
        return (REGISTRY.get_sample_value(name, labels) or 0) - before.get((name, *labels.values()), 0)

    return grown


@pytest.fixture
def measured(settings):
    """A client of a site that counts requests."""
    settings.MIDDLEWARE = [MIDDLEWARE, *settings.MIDDLEWARE]
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("method", "url", "labels"),
    [
        ("GET", "/", {"view": "home", "method": "GET", "status": "200"}),
        ("POST", "/accounts/login/", {"view": "login", "method": "POST", "status": "200"}),
        ("GET", "/nowhere", {"view": "none", "method": "GET", "status": "404"}),
        ("SPAM", "/", {"view": "home", "method": "other", "status": "405"}),
    ],
)
def test_request_is_counted_by_view_method_and_status(measured, db, grown, method, url, labels):
    measured.generic(method, url)
    assert grown("django_request_duration_seconds_count", **labels) == 1
    assert 0 < grown("django_request_duration_seconds_sum", **labels) < 60
    assert grown("django_requests_in_progress") == 0


def broken(request: HttpRequest) -> HttpResponse:
    """Raise an error, while the request is in progress."""
    assert REGISTRY.get_sample_value("django_requests_in_progress") == 1
    raise ZeroDivisionError


urlpatterns = [path("broken", broken, name="broken"), *site_urls.urlpatterns]
handler500 = site_urls.handler500


@pytest.mark.urls(__name__)
def test_error_is_counted_by_view_and_exception(measured, db, grown):
    measured.get("/broken")
    assert grown("django_request_errors_total", view="broken", exception="ZeroDivisionError") == 1
    assert grown("django_request_duration_seconds_count", view="broken", method="GET", status="500") == 1
    assert grown("django_requests_in_progress") == 0


def test_database_connection_is_counted(db, grown):
    another = connection.copy()
    another.ensure_connection()
    another.close()
    assert grown("django_database_connections_opened_total") == 1


def test_cache_that_is_not_available_is_counted(stopped_redis, grown):
    with override_settings(CACHES={"default": stopped_redis}):
        assert cache.get("a", "default") == "default"
        cache.set("a", 1)
    assert grown("django_cache_failures_total") == 2
    assert grown("django_cache_reads_total", result="miss") == 1
    assert grown("django_cache_reads_total", result="hit") == 0


def test_release_is_shown(monkeypatch):
    monkeypatch.setenv("RELEASE", "3f2a1bc")
    [family] = metrics.Release().collect()
    assert [sample.labels for sample in family.samples] == [{"release": "3f2a1bc"}]


@pytest.mark.parametrize(("port", "counted"), [("", False), ("8010", True)])
def test_requests_are_counted_if_metrics_are_shown(load, port, counted):
    assert (MIDDLEWARE in load("production", **REQUIRED, METRICS_PORT=port).MIDDLEWARE) == counted
