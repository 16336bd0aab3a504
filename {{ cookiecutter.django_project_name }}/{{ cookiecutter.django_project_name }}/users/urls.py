"""Addresses of the users app: Django's own views for logging in and out, and for passwords.

https://docs.djangoproject.com/en/6.1/topics/auth/default/#module-django.contrib.auth.views
"""

from django.contrib.auth.urls import urlpatterns

__all__ = ["urlpatterns"]
