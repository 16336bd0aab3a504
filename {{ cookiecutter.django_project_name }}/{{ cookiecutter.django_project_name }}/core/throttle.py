"""Limits attempts, such as logins; ``THROTTLES`` in the settings has the limits.

Attempts are counted in the database before they are made, so that simultaneous requests cannot exceed a limit.
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
    """An attempt was refused; the next one is possible after ``wait``."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Too many attempts. Wait {wait}.")
        self.wait = wait


def attempt(**values: str) -> None:
    """Count an attempt in one or more throttles, or in none if one has reached its limit.

    Args:
        values: what to count, by the name of the throttle: ``attempt(login_by_address="203.0.113.5")``. Case is
            ignored, and empty values are not counted.

    Raises:
        ThrottledError: a limit was reached.
    """
    names = {key(name, value): name for name, value in values.items() if value}
    now = timezone.now()
    with transaction.atomic():
        # Sorted, to prevent deadlocks
        new = [AttemptCount(key=one, expires=now + period(name)) for one, name in sorted(names.items())]
        AttemptCount.objects.bulk_create(new, ignore_conflicts=True)
        counts = list(AttemptCount.objects.select_for_update().filter(key__in=names).order_by("key"))
        for one in counts:
            if one.expires <= now:
                one.count, one.expires = 0, now + period(names[one.key])
                one.save()
        full = [one for one in counts if one.count >= limit(names[one.key])]
        if full:
            logger.warning("Too many attempts: %s", {names[one.key]: values[names[one.key]] for one in full})
            raise ThrottledError(max(one.expires for one in full) - now)
        AttemptCount.objects.filter(key__in=names).update(count=F("count") + 1)


def undo(**values: str) -> None:
    """Subtract an attempt that succeeded."""
    for one in sorted(key(name, value) for name, value in values.items()):
        AttemptCount.objects.filter(key=one, count__gt=0).update(count=F("count") - 1)


def reset(**values: str) -> None:
    """Delete the counts of values, given by the name of the throttle."""
    AttemptCount.objects.filter(key__in=[key(name, value) for name, value in values.items()]).delete()


def delete_expired() -> int:
    """Delete expired counts, and return their number."""
    with transaction.atomic():
        expired = AttemptCount.objects.select_for_update(skip_locked=True).filter(expires__lte=timezone.now())
        return AttemptCount.objects.filter(pk__in=expired.values("pk")).delete()[0]


def client_network(request: HttpRequest | None) -> str:
    """Return the IPv4 address or IPv6 /64 of the client, or an empty text if it is unknown.

    A client usually has all addresses of its /64.
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
    """Return how many attempts a throttle allows."""
    return settings.THROTTLES[name][0]


def period(name: str) -> timedelta:
    """Return the period of a throttle."""
    return settings.THROTTLES[name][1]


def key(name: str, value: str) -> str:
    """Return the key of a value, which is the same for values that ``iexact`` finds equal.

    Django normalizes usernames to NFKC. Upper case comes first, because "ı" becomes "I".
    """
    text = unicodedata.normalize("NFKC", value).upper().casefold()
    return salted_hmac("throttle", f"{name} {text}", algorithm="sha256").hexdigest()
