"""Static files as in production."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from .. import static_files


@pytest.fixture
def collected(settings, tmp_path):
    """Collect the static files of this app as in production."""
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [Path(__file__).parent.parent / "static"]
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": f"{static_files.__name__}.StaticFilesStorage"}}
    settings.WHITENOISE_KEEP_ONLY_HASHED_FILES = True
    settings.WHITENOISE_ADD_HEADERS_FUNCTION = static_files.add_headers
    call_command("collectstatic", verbosity=0, interactive=False)
    return tmp_path


def test_static_files_are_hashed_compressed_and_cached(collected, db):
    client = Client()
    [address] = re.findall(r'href="(/static/core/style\.[0-9a-f]{12}\.css)"', client.get(reverse("home")).text)
    for encoding in ("br", "gzip"):
        response = client.get(address, headers={"accept-encoding": encoding})
        assert response.status_code == 200
        assert response.headers["Content-Encoding"] == encoding
        assert response.headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
