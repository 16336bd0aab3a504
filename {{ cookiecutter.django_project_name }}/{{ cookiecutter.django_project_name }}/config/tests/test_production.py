"""Settings of production: security, passwords and logs."""

import importlib

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.management import call_command
from django.urls import reverse

from ...conftest import REQUIRED

# What would connect to servers, need collected files, or load the apps again
UNCHANGED = {"CACHES", "DATABASES", "INSTALLED_APPS", "LOGGING", "MAILERS", "STATIC_ROOT", "STORAGES", "TASKS"}


@pytest.fixture
def production(load, settings):
    """Apply the settings of production, except those in ``UNCHANGED``, and return all of them."""
    module = load("production", **REQUIRED)
    for name in set(filter(str.isupper, dir(module))) - UNCHANGED:
        # Django compiles its templates again for each setting of them, even if it is the same.
        if getattr(settings, name, None) != getattr(module, name):
            setattr(settings, name, getattr(module, name))
    return module


def test_check_deploy_finds_no_issues(production):
    call_command("check", deploy=True, fail_level="WARNING")


def test_site_is_served_over_https_only(production, client, db):
    host = {"host": production.DOMAIN_NAME}
    redirect = client.get(reverse("login"), headers=host)
    assert (redirect.status_code, redirect.url) == (301, "https://www.example.com/accounts/login/")
    page = client.get(reverse("login"), headers=host, secure=True)
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=3600"
    assert "Secure" in str(page.cookies["__Host-csrftoken"])
    assert production.SESSION_COOKIE_SECURE


def test_passwords_are_validated_and_hashed_with_argon2(production):
    assert make_password("a password").startswith("argon2$")
    assert {type(validator).__name__ for validator in get_default_password_validators()} >= {
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    }


def test_database_has_timeouts(production):
    assert production.DATABASES["default"]["OPTIONS"].keys() >= {"connect_timeout", "keepalives_idle"}


def test_livez_is_not_logged(production, client, db, caplog):
    caplog.set_level("INFO")
    for path in ("/livez", reverse("login")):
        client.get(path, headers={"host": production.DOMAIN_NAME}, secure=True)
    requests = [getattr(record, "path", "") for record in caplog.records if record.name.endswith(".request")]
    assert requests == [reverse("login")]


def test_gunicorn_has_methods_that_configuration_overrides():
    """They are not public: https://github.com/benoitc/gunicorn/issues/2409"""
    gunicorn_config = importlib.import_module("gunicorn.config").Config()
    worker = importlib.import_module("gunicorn.workers.gthread").ThreadWorker(0, 0, [], None, 30, gunicorn_config, None)
    assert worker.alive is True
    assert worker.sockets == []
    assert callable(worker.set_accept_enabled)
