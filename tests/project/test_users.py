"""Users who log in with a username, and those who log in with their email address, on PostgreSQL."""

import pexpect
import pytest

from support.projects import EVERYTHING, NOTHING, extremes

both = pytest.mark.parametrize("combination", extremes())

PASSWORD = "an-unusual-password-7"
QUESTIONS = {EVERYTHING: ["Email address"], NOTHING: ["Username", "Email address"]}
ANSWERS = {"Username": "grace", "Email address": "grace@example.com"}

PLAN = """
from django.contrib.auth import get_user_model
from django.db import connection

with connection.cursor() as cursor:
    cursor.execute("SET enable_seqscan = off")
users = get_user_model().objects
print(users.filter(**{get_user_model().USERNAME_FIELD + "__iexact": "ada"}).explain())
"""


@both
def test_createsuperuser_asks_for_what_users_log_in_with_and_refuses_what_is_taken(combination, production):
    project = production(combination)
    project.create_superuser("grace", PASSWORD)
    command = pexpect.spawn(
        str(project.folder / "venv/bin/python"),
        ["manage.py", "createsuperuser"],
        cwd=project.installed.path,
        env=project.environment,
        encoding="utf-8",
        timeout=60,
    )
    login = QUESTIONS[combination][0]
    command.expect(login)
    command.sendline(ANSWERS[login].upper())
    command.expect(r"Error: That (username|email address) is already taken\.")
    for question in QUESTIONS[combination]:
        command.expect(question)
        command.sendline(ANSWERS[question].replace("grace", "hopper"))
    for question in ("Password: ", r"Password \(again\): "):
        command.expect(question)
        command.sendline(PASSWORD)
    command.expect(r"Superuser created successfully\.")
    command.close()


@both
def test_an_index_finds_the_user_who_logs_in(combination, production):
    done = production(combination).manage("shell", "--no-imports", "--command", PLAN)
    assert "Index Cond: (upper(" in done.stdout, done.stdout + done.stderr
