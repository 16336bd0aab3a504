"""The production settings as a server uses them, in a process of their own; the tests of all else run with others."""

import importlib
import json
import os
import subprocess
import sys

from django.conf import settings

from ... import config
from ...conftest import REQUIRED

# Asks the site over HTTP and HTTPS, and prints as JSON what production does and what it is set to.
SCRIPT = """
import json, logging
import django
django.setup()
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.management import call_command
from django.test import Client

call_command("check", deploy=True, fail_level="WARNING")
client = Client(headers={"host": settings.DOMAIN_NAME})
plain = client.get("/accounts/login/")
client.get("/livez", secure=True)
# Static files are not collected here.
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
page = client.get("/accounts/login/", secure=True)
logging.getLogger("shop").info("paid", extra={"order_id": 7})
print(json.dumps({
    "redirect": [plain.status_code, plain.headers["Location"]],
    "login": page.status_code,
    "csrf_cookie": str(page.cookies["__Host-csrftoken"]),
    "session_cookie_is_secure": settings.SESSION_COOKIE_SECURE,
    "hash": make_password("a password")[:7],
    "validators": [type(validator).__name__ for validator in get_default_password_validators()],
    "database": settings.DATABASES["default"],
    "hsts": page.headers["Strict-Transport-Security"],
}, default=str))
"""


def test_production(subtests):
    """All of it is one test, as the process takes two seconds."""
    environment = REQUIRED | {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": f"{config.__name__}.production"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    production = json.loads(done.stdout.splitlines()[-1])
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]

    with subtests.test("Only HTTPS is used"):
        assert production["redirect"] == [301, "https://www.example.com/accounts/login/"]
        assert production["login"] == 200
        assert "Secure" in production["csrf_cookie"]
        assert production["session_cookie_is_secure"]
        assert production["hsts"] == "max-age=3600"

    with subtests.test("Passwords are strong, and hashed slowly"):
        assert production["hash"] == "argon2$"
        assert set(production["validators"]) >= {
            "UserAttributeSimilarityValidator",
            "MinimumLengthValidator",
            "CommonPasswordValidator",
        }

    with subtests.test("No request waits for a database that is gone"):
        assert production["database"]["OPTIONS"].keys() >= {"connect_timeout", "keepalives_idle"}

    with subtests.test("The log is JSON, and /livez is not in it"):
        [line] = [line for line in lines if line["logger"] == "shop"]
        assert line["order_id"] == 7
        requests = [line["path"] for line in lines if line["logger"].endswith(".request") and "path" in line]
        assert requests == ["/accounts/login/"] * 2


def test_gunicorn_still_has_what_its_configuration_overrides():
    """They are no public interface: https://github.com/benoitc/gunicorn/issues/2409"""
    gunicorn_config = importlib.import_module("gunicorn.config").Config()
    worker = importlib.import_module("gunicorn.workers.gthread").ThreadWorker(0, 0, [], None, 30, gunicorn_config, None)
    assert worker.alive is True
    assert worker.sockets == []
    assert callable(worker.set_accept_enabled)
