"""Settings of development and production."""

import importlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from redis import ConnectionPool

from ... import config
from ...conftest import REQUIRED
from ..parsers import boolean


def test_production_lists_all_missing_and_invalid_variables(load, tmp_path):
    with pytest.raises(ImproperlyConfigured) as error:
        load(
            "production",
            SECRET_KEY_FILE=str(tmp_path / "missing"),
            DATABASE_URL="postgres://app:hunter2@db/app",
            DATABASE_STATEMENT_TIMEOUT="hunter2",
        )
    assert re.findall(r"^  (\w+):", str(error.value), re.MULTILINE) == [
        "DATABASE_STATEMENT_TIMEOUT",
        "DOMAIN_NAME",
        "EMAIL_HOST",
        "REDIS_URL",
        "SECRET_KEY",
    ]
    assert "hunter2" not in str(error.value)


INVALID = {
    "SECRET_KEY": "hunter2",
    "SECRET_KEY_FALLBACKS": "hunter2",
    "DOMAIN_NAME": "https://hunter2.example",
    "ALLOWED_HOSTS": "hunter2.example:443",
    "ADMIN_URL": "hunter2/../x",
    "TRUSTED_PROXIES": "10.0.0.0/8,hunter2",
    "DATABASE_URL": "postgres://app:hunter2@db/app?connect_timout=5",
    "REDIS_URL": "redis://:hunter2@cache:port",
    "EMAIL_PORT": "65536",
    "DEFAULT_FROM_EMAIL": "hunter2",
    "ADMINS": "ada@example.com hunter2",
    "SECURE_HSTS_SECONDS": "-1",
    "SECURE_HSTS_PRELOAD": "hunter2",
    "LOG_LEVEL": "hunter2",
}


def test_error_names_invalid_variables_without_their_values(load):
    with pytest.raises(ImproperlyConfigured) as error:
        load("production", **REQUIRED | INVALID)
    assert set(re.findall(r"^  (\w+): .+", str(error.value), re.MULTILINE)) == set(INVALID)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    ["postgres://app:hunter2@db:port/app", "postgres://app:hunter2@db", "mysql://app:hunter2@db/app", "sqlite://"],
)
def test_invalid_database_url_is_an_error(load, url):
    with pytest.raises(ImproperlyConfigured, match="  DATABASE_URL: ") as error:
        load("production", **REQUIRED | {"DATABASE_URL": url})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("url", ["cache:6379", "http://cache", "redis://cache:port", "redis://cache?db=hunter2"])
def test_invalid_redis_url_is_an_error(load, url):
    with pytest.raises(ImproperlyConfigured, match="  REDIS_URL: It must be a URL such as"):
        load("production", **REQUIRED | {"REDIS_URL": url})


def test_booleans():
    assert [boolean(text) for text in ("true", "On", "yes", "1")] == [True] * 4
    assert [boolean(text) for text in ("false", "OFF", "no", "0")] == [False] * 4


def test_email_uses_tls_or_ssl(load):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_USE_TLS: It cannot be true together with EMAIL_USE_SSL"):
        load("production", **REQUIRED, EMAIL_USE_TLS="true", EMAIL_USE_SSL="true")


@pytest.mark.parametrize(
    "url",
    [
        "postgres://app@db/app?sslmode=require&isolation_level=4",
        "postgresql:///?service=app",
        "postgis://app@db/app",
        "sqlite:////srv/db.sqlite3?timeout=5",
    ],
)
def test_database_urls(load, url):
    assert load("production", **REQUIRED | {"DATABASE_URL": url}).DATABASES["default"]["ENGINE"]


@pytest.mark.parametrize("value", ["back-office", "/back-office", "back-office/", " /back-office/ "])
def test_admin_url_is_normalized(load, value):
    assert load("production", **REQUIRED, ADMIN_URL=value).ADMIN_URL == "back-office/"


def test_lists_can_have_spaces(load):
    lists = {
        "ALLOWED_HOSTS": "a.example, .b.example ,",
        "TRUSTED_PROXIES": "192.0.2.7, fd00::/8",
        "ADMINS": "a@example.com",
    }
    production = load("production", **REQUIRED, **lists)
    assert production.ALLOWED_HOSTS == ["a.example", ".b.example"]
    assert [str(network) for network in production.TRUSTED_PROXIES] == ["192.0.2.7/32", "fd00::/8"]
    assert production.ADMINS == ["a@example.com"]


def test_production_with_required_variables(load):
    production = load("production", **REQUIRED, DATABASE_PASSWORD="p@ss", REDIS_PASSWORD="s/cret")
    assert production.DEBUG is False
    assert production.ALLOWED_HOSTS == ["www.example.com"]
    assert production.DATABASES["default"]["PASSWORD"] == "p@ss"
    assert production.DATABASES["default"]["CONN_MAX_AGE"] is None
    assert production.CACHES["default"]["OPTIONS"]["password"] == "s/cret"
    assert production.SESSION_COOKIE_NAME.startswith("__Host-")


def test_redis_password_overrides_url(load):
    def connection(url):
        cache = load("production", **REQUIRED | {"REDIS_URL": url}, REDIS_PASSWORD="s/cr@t").CACHES["default"]
        return ConnectionPool.from_url(cache["LOCATION"], **cache["OPTIONS"]).connection_kwargs

    for url in ("redis://cache", "redis://:old@cache", "redis://:o@d@cache/0"):
        assert connection(url)["password"] == "s/cr@t"
        assert connection(url)["host"] == "cache"
    assert connection("rediss://app:old@cache:6380/1")["username"] == "app"


def test_options_of_database_url_override_defaults(load):
    url = "postgres://app@db/app?connect_timeout=2&options=-c%20search_path%3Dtenant"
    options = load("production", **REQUIRED | {"DATABASE_URL": url}).DATABASES["default"]["OPTIONS"]
    assert options["connect_timeout"] == 2
    assert options["options"] == "-c search_path=tenant"
    assert options["tcp_user_timeout"] == 10_000


def test_transaction_pooler_gets_no_option_that_it_refuses(load):
    database = load("production", **REQUIRED, DATABASE_TRANSACTION_POOLING="true").DATABASES["default"]
    assert "options" not in database["OPTIONS"]
    assert database["DISABLE_SERVER_SIDE_CURSORS"]


def test_precedence_of_environment_file_secret_and_config(load, tmp_path, monkeypatch):
    def domain_name(**variables):
        env = load("env")
        monkeypatch.setattr(env, "FOLDERS", (tmp_path / "secrets", tmp_path))
        monkeypatch.setattr("os.environ", variables)
        return env.env.str("DOMAIN_NAME", default=None)

    assert domain_name() is None
    (tmp_path / "DOMAIN_NAME").write_text("config\n")
    assert domain_name() == "config"
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "DOMAIN_NAME").write_text("secret\n")
    assert domain_name() == "secret"
    (tmp_path / "file").write_text("file\n")
    assert domain_name(DOMAIN_NAME_FILE=str(tmp_path / "file")) == "file"
    assert domain_name(DOMAIN_NAME="environment") == "environment"
    # Empty values count as unset.
    assert domain_name(DOMAIN_NAME=" ", DOMAIN_NAME_FILE="") == "secret"
    (tmp_path / "secrets" / "DOMAIN_NAME").write_text("\n")
    assert domain_name(DOMAIN_NAME="") == "config"
    (tmp_path / "DOMAIN_NAME").write_text("")
    assert domain_name() is None


def test_development_requires_no_variables(load):
    local = load("local")
    assert local.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert local.MAILERS["default"]["BACKEND"].endswith("ConsoleBackend")


def test_development_with_servers(load):
    local = load("local", **REQUIRED)
    assert local.DATABASES["default"]["HOST"] == "db"
    assert local.CACHES["default"]["LOCATION"] == REQUIRED["REDIS_URL"]
    assert local.MAILERS["default"]["OPTIONS"]["host"] == "mail"


def test_wsgi_application():
    assert callable(importlib.import_module(f"{config.__name__}.wsgi").application)


def test_readme_lists_all_variables():
    package = Path(*config.__path__)
    code = "".join(path.read_text() for folder in (package, package / "integrations") for path in folder.glob("*.py"))
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', code))
    readme = Path(settings.BASE_DIR, "README.md").read_text()
    assert set(re.findall(r"^\| `([A-Z0-9_]+)`", readme, re.MULTILINE)) == read
