"""A task backend that needs no worker: tasks run in a thread of the process that enqueues them.

For a backend with a worker, such as https://github.com/RealOrangeOne/django-tasks-db, change ``TASKS`` in the settings.
https://docs.djangoproject.com/en/6.1/topics/tasks/
"""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from queue import Full
from threading import BoundedSemaphore
from typing import Any

from django.db import connections
from django.tasks.backends.immediate import ImmediateBackend

# Tasks that can wait in a process
QUEUE_SIZE = 100

# Shared by all threads. Python waits for queued tasks before the process exits.
# https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor
executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tasks")
places = BoundedSemaphore(QUEUE_SIZE)


class ThreadBackend(ImmediateBackend):
    """Django's immediate backend, in another thread.

    ``django.tasks`` logs a task that fails, with the ID of the request that enqueued it. Queued tasks are lost if the
    process is killed.
    """

    def _execute_task(self, task_result: Any) -> None:
        """Enqueue a task.

        Raises:
            queue.Full: too many tasks are waiting.
        """
        if not places.acquire(blocking=False):
            raise Full("Too many tasks are waiting")
        executor.submit(copy_context().run, self.run, task_result)

    def run(self, task_result: Any) -> None:
        """Run a task, and close its database connections."""
        try:
            super()._execute_task(task_result)  # type: ignore[misc]
        finally:
            connections.close_all()
            places.release()
