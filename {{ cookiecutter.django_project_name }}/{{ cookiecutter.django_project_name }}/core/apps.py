"""Configuration of the core app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """What every page shares: the home page, health, errors, logs."""

    name = "{{ cookiecutter.django_project_name }}.core"
