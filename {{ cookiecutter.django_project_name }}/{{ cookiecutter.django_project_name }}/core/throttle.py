"""Limits how often something may be tried.

Attempts are counted in the database, which all processes share, and before their work is done: requests that come at the
same time cannot pass a limit together. ``THROTTLES`` in the settings has the limits.
"""

import logging
import unicodedata
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .models import AttemptCount

logger = logging.getLogger(__name__)


class ThrottledError(Exception):
    """An attempt was refused; the next one is let through after ``wait``."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Too many attempts. Wait {wait}.")
        self.wait = wait


def attempt(**values: str) -> None:
    """Count an attempt in each of some throttles, or in none of them if one has reached its limit.

    Args:
        values: what to count, by the name of the throttle: ``attempt(login_by_address="203.0.113.5")``. Case makes no
            difference. An empty value is not counted.

    Raises:
        ThrottledError: a limit was reached.
    """
    names = {key(name, value): name for name, value in values.items() if value}
    now = timezone.now()
    with transaction.atomic():
        # All lock the rows in the same order, so that no two wait for each other.
        new = [AttemptCount(key=one, expires=now + period(name)) for one, name in sorted(names.items())]
        AttemptCount.objects.bulk_create(new, ignore_conflicts=True)
        counts = list(AttemptCount.objects.select_for_update().filter(key__in=names).order_by("key"))
        for one in counts:
            if one.expires <= now:
                one.count, one.expires = 0, now + period(names[one.key])
        full = [one for one in counts if one.count >= limit(names[one.key])]
        if full:
            logger.warning("Too many attempts: %s", {names[one.key]: values[names[one.key]] for one in full})
            raise ThrottledError(max(one.expires for one in full) - now)
        for one in counts:
            one.count += 1
        AttemptCount.objects.bulk_update(counts, ["count", "expires"])


def undo(**values: str) -> None:
    """Take back an attempt that is not to count, because it succeeded."""
    for one in sorted(key(name, value) for name, value in values.items()):
        AttemptCount.objects.filter(key=one, count__gt=0).update(count=F("count") - 1)


def reset(**values: str) -> None:
    """Forget all attempts with some values, each given by the name of its throttle."""
    AttemptCount.objects.filter(key__in=[key(name, value) for name, value in values.items()]).delete()


def delete_expired() -> int:
    """Delete the counts whose time is over, and return how many there were."""
    with transaction.atomic():
        expired = AttemptCount.objects.select_for_update(skip_locked=True).filter(expires__lte=timezone.now())
        return AttemptCount.objects.filter(pk__in=expired.values("pk")).delete()[0]


def client_network(request: HttpRequest | None) -> str:
    """Return what counts as one client, or nothing if the address is not known.

    It is an IPv4 address, or the /64 of an IPv6 address: a client that has one address of it usually has all.
    https://www.rfc-editor.org/rfc/rfc6177
    """
    try:
        address = ip_address(request.META["REMOTE_ADDR"] if request else "")
    except (KeyError, ValueError):
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((int(address), 64), strict=False))


def limit(name: str) -> int:
    """Return how many attempts a throttle lets through."""
    return settings.THROTTLES[name][0]


def period(name: str) -> timedelta:
    """Return in which time it does so."""
    return settings.THROTTLES[name][1]


def key(name: str, value: str) -> str:
    """Return the key of what is counted; texts that the database takes for the same without case have the same one.

    Django compares names and email addresses as NFKC. Upper case first, because "ı" is "I" there as well.
    """
    text = unicodedata.normalize("NFKC", value).upper().casefold()
    return salted_hmac("throttle", f"{name} {text}", algorithm="sha256").hexdigest()
