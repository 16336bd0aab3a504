"""Configuration of the users app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    """Users and their accounts."""

    name = "{{ cookiecutter.django_project_name }}.users"
    verbose_name = _("Users")
