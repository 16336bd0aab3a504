"""Where pages take static and media files from."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.templatetags.static import static

from ...conftest import REQUIRED

WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"


def test_pages_take_files_from_cdn(load, settings):
    production = load("production", **REQUIRED, CDN_HOST="cdn.example.com")
    backend = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = production.STORAGES | {"staticfiles": production.STORAGES["staticfiles"] | backend}
    assert static("a.css") == "https://cdn.example.com/static/a.css"
    assert storages["default"].url("a b.png") == "https://cdn.example.com/media/a%20b.png"
    policy = production.SECURE_CSP
    assert "https://cdn.example.com/media/" in policy["img-src"]
    assert "https://cdn.example.com/static/" in policy["default-src"]
    assert "https://cdn.example.com/media/" not in policy["default-src"]


def test_whitenoise_is_not_used_when_the_proxy_serves_static_files(load):
    assert WHITENOISE in load("production", **REQUIRED).MIDDLEWARE
    assert WHITENOISE not in load("production", **REQUIRED, STATIC_FILES="proxy").MIDDLEWARE
    with pytest.raises(ImproperlyConfigured, match="STATIC_FILES: It must be django"):
        load("production", **REQUIRED, STATIC_FILES="other")
