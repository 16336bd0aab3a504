"""The addresses of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("{{ cookiecutter.django_project_name }}.core.urls")),
    path("accounts/", include("{{ cookiecutter.django_project_name }}.users.urls")),
    path(settings.ADMIN_URL, admin.site.urls),
]
