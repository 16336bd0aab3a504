"""The Redis cache during outages."""

import time
from socket import create_server

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends import redis
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.urls import reverse
from redis import exceptions

from ...users.tests.factories import PASSWORD
from .. import cache as cache_module
from ..cache import RedisCache


@pytest.fixture
def outage(stopped_redis):
    """Use a Redis that does not run as the cache."""
    with override_settings(CACHES={"default": stopped_redis}):
        yield


def test_outage_counts_as_miss(outage):
    assert cache.get("a", "default") == "default"
    assert cache.get_many(["a", "b"]) == {}
    assert cache.get_or_set("a", lambda: 1) == 1
    assert not cache.has_key("a")
    cache.set("a", 1)
    assert cache.set_many({"a": 1, "b": 2}) == ["a", "b"]
    assert not cache.add("a", 1)
    assert not cache.touch("a")
    assert not cache.delete("a")
    cache.delete_many(["a", "b"])
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    with pytest.raises(exceptions.ConnectionError):
        cache.clear()


def test_flush_cache_fails_during_outage(outage):
    with pytest.raises(CommandError, match="not cleared"):
        call_command("flush_cache")


def test_flush_cache_clears_cache():
    cache.set("a", 1)
    call_command("flush_cache")
    assert cache.get("a") is None


def test_hanging_redis_is_waited_for_once(stopped_redis, monkeypatch):
    monkeypatch.setattr(cache_module, "RETRY_SECONDS", 3600)
    with create_server(("127.0.0.1", 0)) as server:
        stopped_redis["LOCATION"] = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        stopped_redis["OPTIONS"]["socket_timeout"] = 0.01  # seconds
        with override_settings(CACHES={"default": stopped_redis}):
            for _ in range(5):
                assert cache.get("a") is None
        server.setblocking(False)
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()


def test_outage_is_logged_once_and_ends(outage, monkeypatch, caplog):
    def refuse(*args):
        raise exceptions.ConnectionError

    monkeypatch.setattr(cache_module, "RETRY_SECONDS", 0)
    for method in ("get", "has_key"):
        monkeypatch.setattr(redis.RedisCache, method, refuse)
    for _ in range(5):
        assert cache.get("a") is None
    assert len(caplog.records) == 1
    for method in ("get", "has_key"):
        monkeypatch.setattr(redis.RedisCache, method, lambda *args: "value")
    deadline = time.monotonic() + 10
    while cache.get("a") != "value":
        assert time.monotonic() < deadline


def test_refused_operation_is_no_outage(outage, monkeypatch, caplog):
    def refuse(*args):
        raise exceptions.OutOfMemoryError("command not allowed: SET a secret")

    monkeypatch.setattr(redis.RedisCache, "set", refuse)
    monkeypatch.setattr(redis.RedisCache, "get", lambda *args: "value")
    cache.set("a", "secret")
    assert cache.get("a") == "value"
    assert "secret" not in caplog.text


def test_each_server_has_its_own_outage(outage, stopped_redis):
    other = stopped_redis | {"LOCATION": "redis://127.0.0.1:2/0"}
    with override_settings(CACHES={"default": stopped_redis, "other": other}):
        caches["default"].get("a")
        assert [bool(outage.retry_at) for outage in RedisCache.outages.values()] == [True]
        caches["other"].get("a")
        assert len(RedisCache.outages) == 2


def test_login_and_logout_work_during_outage(client, user, outage):
    client.post(reverse("login"), {"username": user.get_username(), "password": PASSWORD})
    assert user.get_full_name() in client.get(reverse("home")).text
    client.post(reverse("logout"))
    assert user.get_full_name() not in client.get(reverse("home")).text


def test_logout_during_outage_is_not_undone_after_it(client, user, stopped_redis):
    client.post(reverse("login"), {"username": user.get_username(), "password": PASSWORD})
    assert client.get(reverse("password_change")).status_code == 200
    cookies = dict(client.cookies)
    with override_settings(CACHES={"default": stopped_redis}):
        client.post(reverse("logout"))
    client.cookies.update(cookies)
    assert client.get(reverse("password_change")).status_code == 302
