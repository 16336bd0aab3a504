"""Redis as the cache."""

import re
from typing import Any

from ..env import env


def redis_cache(url: str) -> dict[str, Any]:
    """Return an entry of ``CACHES`` for a Redis server.

    Args:
        url: ``redis://host:6379/0``, or ``rediss://`` for TLS; ``REDIS_PASSWORD`` overrides a password in it.
    """
    options: dict[str, Any] = {
        "socket_connect_timeout": 0.25,  # seconds
        "socket_timeout": 0.25,  # seconds
    }
    if password := env.str("REDIS_PASSWORD", default=None):
        # redis-py prefers the password in the URL.
        url = re.sub(r"(?<=//)([^:@/]*):[^/]*@", r"\1@", url or "")
        options["password"] = password
    return {
        "BACKEND": "{{ cookiecutter.django_project_name }}.core.cache.RedisCache",
        "LOCATION": url,
        "OPTIONS": options,
    }
