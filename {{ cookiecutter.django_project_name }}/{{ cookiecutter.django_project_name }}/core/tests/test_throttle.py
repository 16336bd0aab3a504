"""Limits of attempts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from .. import throttle
from ..models import AttemptCount


@pytest.fixture(autouse=True)
def limits(settings):
    """Two throttles."""
    settings.THROTTLES = {"narrow": (2, timedelta(minutes=15)), "wide": (3, timedelta(minutes=15))}


def allowed_attempts(**values):
    """Return the number of attempts before one is refused."""
    for count in range(10):
        try:
            throttle.attempt(**values)
        except throttle.ThrottledError:
            return count
    raise AssertionError("no limit")


def test_refused_attempt_is_not_counted(db):
    assert allowed_attempts(narrow="a", wide="x") == 2
    assert allowed_attempts(narrow="b", wide="x") == 1


def test_case_and_unicode_form_are_ignored(db):
    assert allowed_attempts(narrow="Michi") == 2
    assert [allowed_attempts(narrow=name) for name in ("michi", "MICHI", "\uff4dichi", "mıchi")] == [0] * 4


def test_empty_value_is_not_counted(db):
    throttle.attempt(narrow="")
    assert not AttemptCount.objects.exists()


def test_count_starts_again_after_period(db):
    allowed_attempts(narrow="a")
    AttemptCount.objects.update(expires=timezone.now())
    assert allowed_attempts(narrow="a") == 2


def test_undo_and_reset(db):
    allowed_attempts(narrow="a")
    throttle.undo(narrow="a")
    assert allowed_attempts(narrow="a") == 1
    throttle.reset(narrow="a")
    throttle.undo(narrow="a")
    assert allowed_attempts(narrow="a") == 2


def test_delete_expired_deletes_only_expired_counts(db):
    allowed_attempts(narrow="a")
    allowed_attempts(narrow="b")
    assert throttle.delete_expired() == 0
    AttemptCount.objects.filter(key=throttle.key("narrow", "a")).update(expires=timezone.now())
    assert throttle.delete_expired() == 1
    assert allowed_attempts(narrow="b") == 0


def test_table_has_no_personal_data(db):
    throttle.attempt(narrow="ada 203.0.113.5")
    row = AttemptCount.objects.values().get()
    assert "203.0.113.5" not in str(row)
    assert len(row["key"]) == 64


def test_reset_throttle_deletes_all_counts(db, capsys):
    allowed_attempts(narrow="a")
    call_command("reset_throttle")
    assert "1 counts" in capsys.readouterr().out
    assert allowed_attempts(narrow="a") == 2


@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs a database with several connections")
@pytest.mark.django_db(transaction=True)
def test_simultaneous_attempts_do_not_exceed_limit(settings):
    settings.THROTTLES = {"narrow": (10, timedelta(minutes=15)), "wide": (100, timedelta(minutes=15))}

    def is_allowed(number):
        try:
            throttle.attempt(narrow="a", wide=f"{number % 3}")
        except throttle.ThrottledError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(is_allowed, range(50))) == 10


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_client_network(address, network):
    assert throttle.client_network(RequestFactory().get("/", REMOTE_ADDR=address)) == network
    assert throttle.client_network(None) == ""
