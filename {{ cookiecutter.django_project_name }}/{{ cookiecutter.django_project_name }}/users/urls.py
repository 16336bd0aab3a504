"""Addresses of the users app: Django's views for logging in and out and for passwords, and our own.

https://docs.djangoproject.com/en/6.1/topics/auth/default/#module-django.contrib.auth.views
"""

from django.contrib.auth import urls
from django.urls import path

from .views import PasswordResetDoneView, PasswordResetView

urlpatterns = [
    path("password_reset/", PasswordResetView.as_view(), name="password_reset"),
    path("password_reset/done/", PasswordResetDoneView.as_view(), name="password_reset_done"),
    *urls.urlpatterns,
]
