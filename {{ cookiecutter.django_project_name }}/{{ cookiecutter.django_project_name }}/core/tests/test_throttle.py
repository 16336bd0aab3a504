"""Counting of attempts."""

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


def attempts_let_through(**values):
    """Return how many attempts it takes until one is refused."""
    for count in range(10):
        try:
            throttle.attempt(**values)
        except throttle.ThrottledError:
            return count
    raise AssertionError("no limit")


def test_what_is_refused_counts_nowhere(db):
    assert attempts_let_through(narrow="a", wide="x") == 2
    assert attempts_let_through(narrow="b", wide="x") == 1


def test_case_and_ways_to_write_a_letter_make_no_difference(db):
    assert attempts_let_through(narrow="Michi") == 2
    assert [attempts_let_through(narrow=name) for name in ("michi", "MICHI", "\uff4dichi", "mıchi")] == [0] * 4


def test_nothing_is_counted_of_what_is_not_known(db):
    throttle.attempt(narrow="")
    assert not AttemptCount.objects.exists()


def test_a_period_ends(db):
    attempts_let_through(narrow="a")
    AttemptCount.objects.update(expires=timezone.now())
    assert attempts_let_through(narrow="a") == 2


def test_attempts_are_taken_back_and_forgotten(db):
    attempts_let_through(narrow="a")
    throttle.undo(narrow="a")
    assert attempts_let_through(narrow="a") == 1
    throttle.reset(narrow="a")
    throttle.undo(narrow="a")
    assert attempts_let_through(narrow="a") == 2


def test_expired_counts_are_deleted(db):
    attempts_let_through(narrow="a")
    attempts_let_through(narrow="b")
    assert throttle.delete_expired() == 0
    AttemptCount.objects.filter(key=throttle.key("narrow", "a")).update(expires=timezone.now())
    assert throttle.delete_expired() == 1
    assert attempts_let_through(narrow="b") == 0


def test_the_table_names_nobody(db):
    throttle.attempt(narrow="ada 203.0.113.5")
    assert "203" not in str(AttemptCount.objects.get())
    assert len(AttemptCount.objects.get().key) == 64


def test_everybody_is_let_in_again(db, capsys):
    attempts_let_through(narrow="a")
    call_command("reset_throttle")
    assert "1 counts" in capsys.readouterr().out
    assert attempts_let_through(narrow="a") == 2


@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs a database with several connections")
@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_time_cannot_pass_the_limit_together(settings):
    settings.THROTTLES = {"narrow": (10, timedelta(minutes=15)), "wide": (100, timedelta(minutes=15))}

    def let_through(number):
        try:
            throttle.attempt(narrow="a", wide=f"{number % 3}")
        except throttle.ThrottledError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(let_through, range(50))) == 10


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
def test_an_ipv6_network_is_one_client(address, network):
    assert throttle.client_network(RequestFactory().get("/", REMOTE_ADDR=address)) == network
    assert throttle.client_network(None) == ""
