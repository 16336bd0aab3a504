"""Filters for the log of the development server."""

import logging

import pytest

from ..log_filters import NoLivez, NoStart


@pytest.mark.parametrize(
    ("message", "logged"),
    [
        ('"GET / HTTP/1.1" 200 2', True),
        ('"GET /livez HTTP/1.1" 200 2', False),
        (" * Running on http://172.18.0.5:8000", False),
        ("Press CTRL+C to quit", False),
    ],
)
def test_log_drops_health_checks_and_urls_of_container(message, logged):
    record = logging.LogRecord("werkzeug", logging.INFO, "", 1, message, (), None)
    assert all(log_filter.filter(record) for log_filter in (NoLivez(), NoStart())) == logged
