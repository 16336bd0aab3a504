"""Run with a project's packages and settings: time what depends on the number of rows, and explain its queries.

Prints a JSON object a line: the name of the probe, its milliseconds, the number of its queries, and the plans of the
slowest ones.
"""

import importlib
import json
import statistics
import time
from collections.abc import Callable

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

REPEATED = 5
EXPLAINED = 3


def plan(sql: str) -> str:
    """Return the nodes of a query's plan that read a table: how, which, and by which index."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
        found, stack = [], [node["Plan"] for node in cursor.fetchone()[0]]
    while stack:
        node = stack.pop()
        stack += node.get("Plans", [])
        if "Relation Name" in node:
            index = f" by {node['Index Name']}" if "Index Name" in node else ""
            found.append(f"{node['Node Type']} on {node['Relation Name']}{index}")
    return ", ".join(found)


def probe(name: str, act: Callable[[], object], repeated: int = REPEATED) -> None:
    """Do something several times, and print the median time and the plans of its slowest queries."""
    act_times = []
    for _ in range(repeated):
        with CaptureQueriesContext(connection) as captured:
            start = time.perf_counter()
            act()
            act_times.append((time.perf_counter() - start) * 1000)
    queries = sorted(captured.captured_queries, key=lambda query: -float(query["time"]))
    readable = [one["sql"] for one in queries if one["sql"].startswith(("SELECT", "UPDATE", "DELETE"))]
    plans = list(dict.fromkeys(filter(None, map(plan, readable[:EXPLAINED]))))
    seen = {"probe": name, "milliseconds": statistics.median(act_times), "queries": len(queries), "plans": plans}
    print(json.dumps(seen))


def main() -> None:
    """Run all probes."""
    django.setup()
    from django.contrib.auth import get_user_model

    throttle = importlib.import_module(settings.ROOT_URLCONF.split(".")[0] + ".core.throttle")
    user = get_user_model().objects.create_superuser("bench", "bench@example.com", "a long passphrase")
    client = Client(headers={"host": settings.DOMAIN_NAME, "x-forwarded-proto": "https"})
    client.force_login(user)
    users = reverse("admin:users_user_changelist")

    def login() -> None:
        anonymous = Client(headers={"host": settings.DOMAIN_NAME, "x-forwarded-proto": "https"})
        form = {"username": "bench", "password": "a long passphrase"}
        assert anonymous.post(reverse("login"), form).status_code == 302

    def page(path: str) -> None:
        assert client.get(path).status_code == 200

    probe("a page of somebody logged in", lambda: page(reverse("password_change")))
    probe("list of users in the admin", lambda: page(users))
    probe("last page of that list", lambda: page(f"{users}?p={max(1, get_user_model().objects.count() // 100)}"))
    probe("search for a user in the admin", lambda: page(f"{users}?q=user4711"))
    probe("login", login)
    probe("attempt counted by the throttle", lambda: throttle.attempt(login_by_address="203.0.113.7"))
    # They delete: only the first run has something to do.
    probe("deletion of expired attempts", throttle.delete_expired, repeated=1)
    probe("clearsessions", lambda: call_command("clearsessions"), repeated=1)
    user.delete()


if __name__ == "__main__":
    main()
