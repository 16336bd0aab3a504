"""Runs tasks in a thread of the process that enqueues them: no worker is needed, and no request waits for them.

Any other backend, such as https://github.com/RealOrangeOne/django-tasks-db with a worker of its own, is a change of
``TASKS`` in the settings. https://docs.djangoproject.com/en/6.1/topics/tasks/
"""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from queue import Full
from threading import BoundedSemaphore
from typing import Any

from django.db import connections
from django.tasks.backends.immediate import ImmediateBackend

# Tasks that may wait in a process.
QUEUE_SIZE = 100

# Shared by all threads, each of which has a backend of its own. When the process ends normally, Python first waits for
# what is queued. https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor
executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tasks")
places = BoundedSemaphore(QUEUE_SIZE)


class ThreadBackend(ImmediateBackend):
    """Django's backend for tasks that run at once, but in another thread.

    A task that fails is logged by ``django.tasks``, with the id of the request that enqueued it. What waits is lost when
    the process is killed.
    """

    def _execute_task(self, task_result: Any) -> None:
        """Enqueue a task.

        Raises:
            queue.Full: too many are waiting.
        """
        if not places.acquire(blocking=False):
            raise Full("Too many tasks are waiting")
        executor.submit(copy_context().run, self.run, task_result)

    def run(self, task_result: Any) -> None:
        """Run a task in the thread, and leave no database connection behind."""
        try:
            super()._execute_task(task_result)  # type: ignore[misc]
        finally:
            connections.close_all()
            places.release()
