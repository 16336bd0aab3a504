"""Addresses of the core app."""

from django.urls import path

from .health import readyz
from .views import HomeView

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("readyz", readyz, name="readyz"),
]
