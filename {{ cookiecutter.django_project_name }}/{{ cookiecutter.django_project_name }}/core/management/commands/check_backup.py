"""``manage.py check_backup``: email the administrators when there is no recent backup, or tell a monitor that there is one."""

import os
import time
import urllib.request
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.core.mail import mail_admins
from django.core.management.base import BaseCommand, CommandError

# An email a day is enough
MAIL_AGAIN = 86_400
# Seconds for which WAL may fail to be stored: it is tried each minute
WAL_LATE = 600


class Command(BaseCommand):
    """Reads what the service that backs up has written. Runs in the swarm, on the schedule of stacks/scheduler.yml."""

    help = "Check that the newest backup is verified and recent."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check.

        Raises:
            CommandError: the last backup failed, the newest one is too old, WAL is not stored, or the monitor does not
                answer.
        """
        status = Path(os.environ["BACKUP_STATUS"])
        problem = find_problem(status, float(os.environ["BACKUP_EVERY_HOURS"]), time.time()) or find_wal_problem(
            status.with_name("wal"), time.time()
        )
        if problem:
            if cache.add("backup-problem", problem, MAIL_AGAIN):
                mail_admins("Backup", f"{problem}\nSee: make status, make backups, make service-logs SERVICE=backups")
            raise CommandError(problem)
        cache.delete("backup-problem")
        self.stdout.write("The newest backup is verified and recent.")
        url = os.environ.get("BACKUP_PING_URL")
        if url:
            # A monitor notices when this stays away: https://healthchecks.io/docs/
            try:
                urllib.request.urlopen(url, timeout=10).close()  # noqa: S310
            except OSError as error:
                message = f"The monitor was not told of it: {error}"
                raise CommandError(message) from error


def find_problem(status: Path, every: float, now: float) -> str:
    """Return what is wrong with the backups, or nothing.

    Args:
        status: its lines: since when backups are made, when the newest was verified, when one failed last, all in
            seconds since the epoch, 0 for never; what that was (a backup, a restore drill); why it failed.
        every: hours from one backup to the next; a quarter more, and at least one hour, is tolerated.
        now: seconds since the epoch.
    """
    try:
        since, verified, failed, what, *reason = status.read_text().splitlines()
    except (OSError, ValueError):
        return "The service that backs up has not started yet."
    age = (now - float(verified if verified != "0" else since)) / 3600
    if failed != "0":
        # The error, and the next command after an arrow; `make status` shows 300 characters of all
        cause = " ".join(line[:120] for line in reason[-2:])
        return f"The last {what} failed, and the newest verified backup is {age:.1f} hours old: {cause}"
    if age > every + max(1, every / 4):
        return f"The newest verified backup is {age:.1f} hours old, and every {every:g} hours one is due."
    return ""


def find_wal_problem(status: Path, now: float) -> str:
    """Return what is wrong with the WAL, or nothing; nothing as well where BACKUP_WAL=no, which makes no such file.

    Args:
        status: its lines: when WAL was stored, when that last failed, 0 where it did not; then why it failed.
        now: seconds since the epoch.
    """
    try:
        stored, failed, *reason = status.read_text().splitlines()
    except OSError:
        return ""
    age = now - float(stored)
    if failed != "0" and age > WAL_LATE:
        return f"No WAL has been stored for {age / 60:.0f} minutes: {' '.join(reason[-2:])}"
    return ""
