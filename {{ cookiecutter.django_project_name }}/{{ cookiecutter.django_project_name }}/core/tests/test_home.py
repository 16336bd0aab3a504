"""The home page."""

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape


def test_home_shows_project(client, db):
    response = client.get(reverse("home"))
    assert response.status_code == 200
    assert escape(settings.PROJECT_NAME) in response.text
    assert escape(settings.PROJECT_DESCRIPTION) in response.text


def test_favicon_redirects_to_icon(client):
    assert client.get("/favicon.ico").url == "/static/core/favicon.svg"
