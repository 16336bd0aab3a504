"""Tasks in a thread."""

import logging
import threading
from queue import Full

import pytest
from django.db import connection
from django.tasks import task

from .. import task_backend
from ..json_logging import request_id

go_on = threading.Event()
seen: list[tuple[str, str]] = []


@task
def note(what: str) -> None:
    """Record a task and its request ID."""
    assert go_on.wait(10)
    connection.ensure_connection()
    seen.append((what, request_id.get()))


@task
def fail() -> None:
    """Raise an error."""
    raise RuntimeError("broken")


@pytest.fixture(autouse=True)
def threads(settings, db):
    """Use the backend of development and production."""
    settings.TASKS = {"default": {"BACKEND": f"{task_backend.__name__}.ThreadBackend"}}
    go_on.clear()
    seen.clear()


def finish():
    """Wait until all tasks are done."""
    go_on.set()
    task_backend.executor.submit(lambda: None).result(10)


def test_tasks_run_later_with_id_of_their_request():
    request_id.set("one")
    note.enqueue("first")
    request_id.set("two")
    note.enqueue("second")
    assert seen == []
    finish()
    assert seen == [("first", "one"), ("second", "two")]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="Django does not close a database in memory")
def test_thread_closes_database_connection():
    note.enqueue("x")
    finish()
    assert task_backend.executor.submit(lambda: connection.connection).result(10) is None


def test_failure_is_logged(caplog):
    with caplog.at_level(logging.ERROR):
        fail.enqueue()
        finish()
    [record] = [record for record in caplog.records if record.name == "django.tasks"]
    assert "test_task_backend.fail" in record.getMessage()
    assert record.exc_info


def test_queue_is_limited(monkeypatch):
    monkeypatch.setattr(task_backend, "places", threading.BoundedSemaphore(2))
    note.enqueue("first")
    note.enqueue("second")
    with pytest.raises(Full):
        note.enqueue("third")
    finish()
    note.enqueue("fourth")
    finish()
    assert [what for what, _ in seen] == ["first", "second", "fourth"]
