"""Rows that nothing reads any more."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils.timezone import now


@pytest.mark.django_db
def test_expired_sessions_are_deleted_and_no_others():
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now() + timedelta(days=days))
    printed = StringIO()
    for _ in range(2):
        call_command("housekeeping", stdout=printed)
    assert printed.getvalue().splitlines() == ["Deleted 1 expired sessions.", "Deleted 0 expired sessions."]
    assert [session.session_key for session in Session.objects.all()] == ["new"]
