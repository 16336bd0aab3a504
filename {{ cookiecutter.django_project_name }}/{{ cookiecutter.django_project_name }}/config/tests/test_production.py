"""Production's settings, in a process of their own."""

import importlib
import json
import os
import subprocess
import sys

from django.conf import settings

from ... import config
from ...conftest import REQUIRED

# Prints responses and settings of production as JSON
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
# Static files are not collected.
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
    """One test, because the process takes two seconds."""
    environment = REQUIRED | {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": f"{config.__name__}.production"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    production = json.loads(done.stdout.splitlines()[-1])
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]

    with subtests.test("HTTPS only"):
        assert production["redirect"] == [301, "https://www.example.com/accounts/login/"]
        assert production["login"] == 200
        assert "Secure" in production["csrf_cookie"]
        assert production["session_cookie_is_secure"]
        assert production["hsts"] == "max-age=3600"

    with subtests.test("Password hashing and validation"):
        assert production["hash"] == "argon2$"
        assert set(production["validators"]) >= {
            "UserAttributeSimilarityValidator",
            "MinimumLengthValidator",
            "CommonPasswordValidator",
        }

    with subtests.test("Timeouts of the database"):
        assert production["database"]["OPTIONS"].keys() >= {"connect_timeout", "keepalives_idle"}

    with subtests.test("JSON log without /livez"):
        [line] = [line for line in lines if line["logger"] == "shop"]
        assert line["order_id"] == 7
        requests = [line["path"] for line in lines if line["logger"].endswith(".request") and "path" in line]
        assert requests == ["/accounts/login/"] * 2


def test_gunicorn_has_methods_that_configuration_overrides():
    """They are not public: https://github.com/benoitc/gunicorn/issues/2409"""
    gunicorn_config = importlib.import_module("gunicorn.config").Config()
    worker = importlib.import_module("gunicorn.workers.gthread").ThreadWorker(0, 0, [], None, 30, gunicorn_config, None)
    assert worker.alive is True
    assert worker.sockets == []
    assert callable(worker.set_accept_enabled)
