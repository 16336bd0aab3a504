"""Fixtures for the tests of the core app."""

import json
import logging
from typing import Any

import pytest

from ...conftest import REQUIRED
from ..cache import RedisCache
from ..json_logging import JsonFormatter


@pytest.fixture
def stopped_redis(load, monkeypatch):
    """The cache settings of production, with a Redis that does not run."""
    monkeypatch.setattr(RedisCache, "outages", {})
    return load("production", **REQUIRED | {"REDIS_URL": "redis://127.0.0.1:1/0"}).CACHES["default"]


@pytest.fixture
def lines(caplog):
    """Lines that are logged, as in production."""
    caplog.set_level(logging.INFO)
    written: list[dict[str, Any]] = []

    class Collect(logging.Handler):
        def emit(self, record):
            written.append(json.loads(JsonFormatter().format(record)))

    handler = Collect()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
