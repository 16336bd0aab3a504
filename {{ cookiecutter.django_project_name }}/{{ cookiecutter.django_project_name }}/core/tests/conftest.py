"""Fixtures for the tests of the core app."""

import importlib
import json
import logging
import os
import sys
from typing import Any

import pytest

from ..logs import JsonFormatter

PACKAGE = "{{ cookiecutter.django_project_name }}.config"
REQUIRED = {
    "SECRET_KEY": "only-for-tests-" * 5,
    "DOMAIN_NAME": "www.example.com",
    "DATABASE_URL": "postgres://app@db:5432/app",
    "REDIS_URL": "redis://cache:6379/0",
    "EMAIL_HOST": "mail",
}


@pytest.fixture
def load(monkeypatch):
    """Return a function that imports a settings module anew, with just the variables that it is given."""

    def load(name: str, **variables: str):
        with monkeypatch.context() as patch:
            patch.setattr(os, "environ", variables)
            for module in [module for module in sys.modules if module.startswith(f"{PACKAGE}.")]:
                patch.delitem(sys.modules, module)
            return importlib.import_module(f"{PACKAGE}.{name}")

    return load


@pytest.fixture
def stopped_redis(load, monkeypatch):
    """The cache settings of production, with a Redis that does not answer, of which this process knows nothing yet."""
    monkeypatch.setattr("{{ cookiecutter.django_project_name }}.core.cache.RedisCache.outages", {})
    return load("production", **REQUIRED | {"REDIS_URL": "redis://127.0.0.1:1/0"}).CACHES["default"]


@pytest.fixture
def lines(caplog):
    """Collect what is logged as production writes it."""
    caplog.set_level(logging.INFO)
    written: list[dict[str, Any]] = []

    class Collect(logging.Handler):
        def emit(self, record):
            written.append(json.loads(JsonFormatter().format(record)))

    handler = Collect()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
