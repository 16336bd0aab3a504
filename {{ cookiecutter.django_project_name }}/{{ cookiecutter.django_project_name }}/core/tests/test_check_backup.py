"""Reports of backups that are missing."""

import os
import re
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command


@pytest.fixture
def status(tmp_path, monkeypatch, settings):
    """The file that the service writes: since, verified and failed as hours ago."""
    settings.ADMINS = ["ada@example.com"]
    cache.clear()
    file = tmp_path / "status"
    monkeypatch.setenv("BACKUP_STATUS", str(file))
    monkeypatch.setenv("BACKUP_EVERY_HOURS", "24")

    def write(*hours, reason=""):
        lines = [str(int(time.time() - hour * 3600)) if hour is not None else "0" for hour in hours]
        file.write_text("\n".join([*lines, "restore drill", reason]))

    return write


@pytest.mark.parametrize("hours", [(900, 25, None), (2, None, None)])
def test_recent_backup_is_told_to_the_monitor(status, hours, monkeypatch, mailoutbox):
    asked = []

    class Monitor(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Monitor)
    Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv("BACKUP_PING_URL", f"http://127.0.0.1:{server.server_port}/ping")
    status(*hours)
    call_command("check_backup")
    server.server_close()
    assert asked == ["/ping"]
    assert mailoutbox == []


def test_monitor_that_does_not_answer(status, monkeypatch):
    monkeypatch.setenv("BACKUP_PING_URL", "http://127.0.0.1:9/")
    status(900, 25, None)
    with pytest.raises(CommandError, match="monitor was not told"):
        call_command("check_backup")


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ((900, 31, None), "is 31.0 hours old"),
        ((900, 3, 1), "restore drill failed, .* bucket is full → make backup"),
        ((40, None, None), "is 40.0 hours old"),
    ],
)
def test_administrators_get_an_email_a_day(status, hours, problem, mailoutbox):
    status(*hours, reason="Saving...\nThe bucket is full\n→ make backup")
    for _ in range(2):
        with pytest.raises(CommandError, match=problem):
            call_command("check_backup")
    assert [bool(re.search(problem, mail.body)) for mail in mailoutbox] == [True]


@pytest.mark.parametrize(
    ("stored", "failed", "problem"), [(11, 1, "for 11 minutes: bucket is full"), (9, 1, ""), (70, None, "")]
)
def test_wal_that_is_not_stored(status, stored, failed, problem, mailoutbox):
    status(900, 3, None)
    wal = Path(os.environ["BACKUP_STATUS"]).with_name("wal")
    ago = [str(int(time.time() - minutes * 60)) if minutes else "0" for minutes in (stored, failed)]
    wal.write_text("\n".join([*ago, "bucket is full"]))
    if problem:
        with pytest.raises(CommandError, match=problem):
            call_command("check_backup")
    else:
        call_command("check_backup")
    assert len(mailoutbox) == bool(problem)


def test_service_that_never_started(status):
    with pytest.raises(CommandError, match="has not started"):
        call_command("check_backup")
