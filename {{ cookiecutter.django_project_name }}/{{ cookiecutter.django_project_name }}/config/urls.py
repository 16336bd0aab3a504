"""URLs of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("{{ cookiecutter.django_project_name }}.core.urls")),
    path("accounts/", include("{{ cookiecutter.django_project_name }}.users.urls")),
    path(settings.ADMIN_URL, admin.site.urls),
]

# https://docs.djangoproject.com/en/6.1/topics/http/views/#customizing-error-views
handler500 = "{{ cookiecutter.django_project_name }}.core.views.server_error"
