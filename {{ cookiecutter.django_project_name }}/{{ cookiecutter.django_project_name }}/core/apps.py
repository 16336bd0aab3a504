"""Configuration of the core app."""

import atexit

from django.apps import AppConfig
from django.db import connections


class CoreConfig(AppConfig):
    """What every page shares: the home page, health, errors, logs."""

    name = "{{ cookiecutter.django_project_name }}.core"

    def ready(self) -> None:
        """See to what has to be done when the process ends."""
        atexit.register(close_pools)


def close_pools() -> None:
    """End the threads of the connection pools, which Python from 3.14 on cannot do when it ends."""
    for connection in connections.all(initialized_only=True):
        # Other databases than PostgreSQL have none.
        getattr(connection, "close_pool", lambda: None)()
