"""Log-ins and password resets of many strangers at the same time, with production settings under gunicorn."""

import asyncio
import re
import signal
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from aiosmtpd.controller import Controller

from support.processes import free_port
from support.projects import EVERYTHING, grouped

pytestmark = pytest.mark.parametrize("combination", grouped([EVERYTHING]))

DELAY = 0.4  # seconds that the mail server takes for an email
EMAILS = [f"user{number}@example.com" for number in range(7)]
USERS = f"""
from django.contrib.auth import get_user_model
User = get_user_model()
for email in {EMAILS}:
    User.objects.get_or_create(email=email, defaults={{User.USERNAME_FIELD: email, "password": "usable"}})
"""


class SlowMailServer:
    """A mail server that takes its time, and keeps whom it got emails for."""

    def __init__(self):
        self.recipients = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        await asyncio.sleep(DELAY)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def mail_server():
    server = SlowMailServer()
    server.controller.start()
    yield server
    server.controller.stop()


@contextmanager
def serve(project, mail_server=None):
    """Serve a project as a container of production does: 2 processes with 8 threads, which nobody was counted in."""
    variables = {"GUNICORN_THREADS": "8", "TRUSTED_PROXIES": "127.0.0.0/8"}
    if mail_server:
        variables |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mail_server.controller.port)}
    for command in (["reset_throttle"], ["shell", "--no-imports", "--command", USERS]):
        done = project.manage(*command, **variables)
        assert done.returncode == 0, done.stderr
    with project.gunicorn(**variables) as server:
        yield server


class Form:
    """A form that strangers send, each from an address of their own."""

    def __init__(self, server, path):
        self.url = f"http://127.0.0.1:{server.port}{path}"
        page = server.get(path)
        self.token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        self.headers = {
            "Host": "localhost",
            "X-Forwarded-Proto": "https",
            "Referer": "https://localhost/",
            "Cookie": "; ".join(f"{name}={value}" for name, value in page.cookies.items()),
        }

    def send(self, address, **fields):
        """Return the status of the answer."""
        return requests.post(
            self.url,
            {"csrfmiddlewaretoken": self.token} | fields,
            headers=self.headers | {"X-Forwarded-For": address},
            allow_redirects=False,
            timeout=120,
        ).status_code


def memory(pid):
    """Return how many MB a process and its children take."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    statuses = [Path(f"/proc/{one}/status").read_text() for one in (pid, *children)]
    return sum(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) for status in statuses) / 1024


@pytest.mark.long
def test_logins_of_a_crowd_stay_within_the_memory_of_a_container(combination, production):
    """Twice, as memory that is not given back would add up; the other pages answer meanwhile."""
    with serve(production(combination)) as server, ThreadPoolExecutor(50) as crowd:
        form = Form(server, "/accounts/login/")
        peak, pages, over = 0.0, [], threading.Event()

        def watch():
            nonlocal peak
            while not over.wait(0.005):
                peak = max(peak, memory(server.process.pid))

        def look():
            while not over.wait(0.05):
                pages.append(server.get("/").status_code)

        watchers = [threading.Thread(target=watch), threading.Thread(target=look)]
        for one in watchers:
            one.start()
        try:
            for attempt in range(2):
                names = [f"nobody{attempt}-{number}" for number in range(50)]
                sent = crowd.map(
                    lambda name: form.send(f"203.0.113.{name[-1]}", username=name, password="wrong"), names
                )
                assert set(sent) == {200}
        finally:
            over.set()
            for one in watchers:
                one.join()
    assert set(pages) == {200}
    assert peak < 400  # MB; production.env gives a container 512M


def test_guesses_at_the_same_time_cannot_pass_the_limit_together(combination, production):
    with serve(production(combination)) as server, ThreadPoolExecutor(50) as crowd:
        form = Form(server, "/accounts/login/")
        sent = crowd.map(lambda _: form.send("203.0.113.5", username=EMAILS[0], password="wrong"), range(50))
        assert sorted(sent) == [200] * 10 + [429] * 40


def test_a_reset_takes_as_long_for_strangers_as_for_users(combination, production, mail_server):
    with serve(production(combination), mail_server) as server:
        form = Form(server, "/accounts/password_reset/")

        def seconds(email):
            start = time.monotonic()
            assert form.send(f"203.0.113.{EMAILS.index(email.replace('nobody', 'user'))}", email=email) == 302
            return time.monotonic() - start

        times = [(seconds(email), seconds(email.replace("user", "nobody"))) for email in EMAILS]
        user, stranger = (statistics.median(column) for column in zip(*times, strict=True))
        assert abs(user - stranger) < DELAY / 2, times
    assert sorted(mail_server.recipients) == EMAILS


def test_emails_that_are_queued_when_gunicorn_is_stopped_are_sent(combination, production, mail_server):
    with serve(production(combination), mail_server) as server:
        form = Form(server, "/accounts/password_reset/")
        for number, email in enumerate(EMAILS):
            assert form.send(f"203.0.113.{number}", email=email) == 302
        server.process.send_signal(signal.SIGTERM)
        assert len(mail_server.recipients) < len(EMAILS)
        assert server.process.wait(40) == 0
    assert sorted(mail_server.recipients) == EMAILS
