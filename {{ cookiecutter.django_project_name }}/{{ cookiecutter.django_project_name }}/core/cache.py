"""The Redis cache, in which an outage counts as a miss.

https://docs.djangoproject.com/en/6.1/topics/cache/#redis
"""

import logging
import time
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from .metrics import CACHE_FAILURES, CACHE_HITS, CACHE_MISSES

logger = logging.getLogger(__name__)

RETRY_SECONDS = 3
LOG_SECONDS = 60

# What no cache holds
ABSENT = object()


class Outage:
    """State of a server that does not answer, shared by the threads of a process. Times are of ``time.monotonic``."""

    retry_at = 0.0  # 0 while the server answers
    log_at = 0.0

    def wants_retry(self) -> bool:
        """Return True to one caller every ``RETRY_SECONDS``."""
        if time.monotonic() < self.retry_at:
            return False
        self.retry_at = time.monotonic() + RETRY_SECONDS
        return True

    def log(self, reason: object) -> None:
        """Log an outage, at most once every ``LOG_SECONDS``."""
        if time.monotonic() >= self.log_at:
            self.log_at = time.monotonic() + LOG_SECONDS
            logger.warning("The cache is not available: %s", reason)


class RedisCache(redis.RedisCache):
    """Django's Redis cache, in which an error counts as a miss.

    Values that are set or deleted during an outage are lost, so the cache may be stale after it. Only ``clear`` raises
    the error.
    """

    outages: dict[str, Outage] = {}

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        """Share the state of the server with other threads."""
        # Reconnect once if the server closed the connection, and never after a timeout.
        retry = Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,))
        super().__init__(server, params | {"OPTIONS": {"retry": retry} | params.get("OPTIONS", {})})
        self.outage = self.outages.setdefault(str(server), Outage())

    def attempt[T](self, operation: Callable[..., T], *args: Any, otherwise: T) -> T:
        """Return the result of an operation, or ``otherwise`` during an outage, without waiting for the server."""
        if not self.outage.retry_at:
            return self.ask(operation, *args, otherwise=otherwise)
        if self.outage.wants_retry():
            # In a thread, so that the page does not wait.
            Thread(target=self.ask, args=[super().has_key, ""], kwargs={"otherwise": False}, daemon=True).start()
        CACHE_FAILURES.inc()
        return otherwise

    def ask[T](self, operation: Callable[..., T], *args: Any, otherwise: T) -> T:
        """Return the result of an operation, or ``otherwise`` if the server does not answer or refuses it."""
        try:
            result = operation(*args)
        except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
            self.outage.retry_at = time.monotonic() + RETRY_SECONDS
            self.outage.log(error)
            CACHE_FAILURES.inc()
            return otherwise
        except exceptions.RedisError as error:
            # The server is full or read-only. The text of the error may contain values.
            self.outage.log(type(error).__name__)
            CACHE_FAILURES.inc()
            result = otherwise
        self.outage.retry_at = 0.0
        return result

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Return False during an outage."""
        return self.attempt(super().add, key, value, timeout, version, otherwise=False)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the default during an outage."""
        value = self.attempt(super().get, key, ABSENT, version, otherwise=ABSENT)
        if value is ABSENT:
            CACHE_MISSES.inc()
            return default
        CACHE_HITS.inc()
        return value

    def set(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Do nothing during an outage."""
        self.attempt(super().set, key, value, timeout, version, otherwise=None)

    def touch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Return False during an outage."""
        return self.attempt(super().touch, key, timeout, version, otherwise=False)

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Return False during an outage."""
        return self.attempt(super().delete, key, version, otherwise=False)

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """Return no values during an outage."""
        return self.attempt(super().get_many, keys, version, otherwise={})

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Return False during an outage."""
        return self.attempt(super().has_key, key, version, otherwise=False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Raise ``ValueError`` during an outage, as for a missing key."""
        value = self.attempt(super().incr, key, delta, version, otherwise=None)
        if value is None:
            message = f"Key '{key}' not found."
            raise ValueError(message)
        return value

    def set_many(
        self, data: dict[Any, Any], timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        """Return all keys during an outage, as none was set."""
        return self.attempt(super().set_many, data, timeout, version, otherwise=list(data))

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        """Do nothing during an outage."""
        self.attempt(super().delete_many, keys, version, otherwise=None)
