"""Deletion of expired rows."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils.timezone import now

from ..models import AttemptCount


@pytest.mark.django_db
def test_housekeeping_deletes_only_expired_rows():
    for key, days in (("old", -1), ("new", 1)):
        expires = now() + timedelta(days=days)
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
        AttemptCount.objects.create(key=key, expires=expires)
    printed = StringIO()
    for _ in range(2):
        call_command("housekeeping", stdout=printed)
    assert printed.getvalue().splitlines() == [
        "Deleted 1 expired sessions and 1 expired counts of attempts.",
        "Deleted 0 expired sessions and 0 expired counts of attempts.",
    ]
    assert [count.key for count in AttemptCount.objects.all()] == ["new"]
    assert [session.session_key for session in Session.objects.all()] == ["new"]
