"""The settings of a site: files with comments, environment variables over them, and all errors at once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from deploy import hsts, preflight, secret, settings
from deploy.errors import DeployError
from deploy.site import Site

from projects import DEFAULTS, EVERYTHING


@pytest.fixture
def folder(baked):
    return baked(DEFAULTS) / "deployment"


def load(folder, environment="production", **variables):
    return settings.load(environment, variables, folder)


def test_files_as_shipped_are_right(folder):
    production, staging = load(folder), load(folder, "staging")
    assert production.stack_name == "project-name"
    assert staging.stack_name == "project-name-staging"
    assert production.domain_name == "example.com"
    assert staging.domain_name == "staging.example.com"
    assert {"ADMIN_URL", "EMAIL_HOST", "LOG_LEVEL"} <= set(production.django)


def test_both_files_have_the_same_names(folder):
    names = [list(settings.parse((folder / f"{name}.env").read_text())) for name in ("production", "staging")]
    assert names[0] == names[1]


def test_every_setting_is_in_the_files(folder):
    lines = settings.parse((folder / "production.env").read_text())
    fields = {name.upper() for name in settings.Settings.__dataclass_fields__} - {"ENVIRONMENT", "DJANGO"}
    assert fields <= set(lines)


def test_variables_win(folder):
    site = load(folder, DOMAIN_NAME="localhost", DJANGO_MEMORY="1G", LOG_LEVEL="DEBUG", HTTPS_PORT="8443")
    assert site.is_local
    assert site.url == "https://localhost:8443"
    assert site.django_memory == 1024**3
    assert site.django["LOG_LEVEL"] == "DEBUG"


def test_variables_that_the_file_does_not_name_go_nowhere(folder):
    assert "PATH" not in load(folder, PATH="/bin").django


def test_all_errors_come_at_once(folder):
    with pytest.raises(DeployError) as error:
        load(
            folder, DJANGO_CPUS="many", REDIS_MEMORY="5", STACK_NAME="A b", WWW_REDIRECT="perhaps", DOMAIN_NAME="x/y",
            TRUSTED_PROXY_RANGES="10.0.0.0/8, nonsense", SECURE_HSTS_SECONDS="1h",
        )  # fmt: skip
    for name in (
        "DJANGO_CPUS", "REDIS_MEMORY", "STACK_NAME", "WWW_REDIRECT", "DOMAIN_NAME", "TRUSTED_PROXY_RANGES",
        "SECURE_HSTS_SECONDS",
    ):  # fmt: skip
        assert f"{name}: " in str(error.value)


def test_an_unknown_environment_names_those_there_are(folder):
    with pytest.raises(DeployError, match="ENVIRONMENT=production or staging"):
        load(folder, "prod")


def test_quotes_and_comments():
    assert settings.parse("# A=1\nB = 'x y'\nC=\"#\"\n\nD=\n E=a=b") == {
        "B": "x y",
        "C": "#",
        "D": "",
        "E": "a=b",
    }


def test_sizes_follow_from_limits(folder):
    variables = load(folder, POSTGRES_MEMORY="1G", REDIS_MEMORY="100M", DJANGO_CPUS="1.5").variables()
    assert variables["POSTGRES_SHARED_BUFFERS"] == "256MB"
    assert variables["POSTGRES_EFFECTIVE_CACHE_SIZE"] == "768MB"
    assert variables["REDIS_MAXMEMORY"] == str(75 * 1024 * 1024)
    assert variables["WEB_CONCURRENCY"] == "3"


def test_a_browser_does_not_learn_to_ask_localhost_by_https_alone(folder):
    local = load(folder, DOMAIN_NAME="localhost", SECURE_HSTS_SECONDS="31536000")
    assert local.variables()["SECURE_HSTS_SECONDS"] == "0"
    assert local.hsts == "max-age=0"


def test_hsts_is_careful_at_first(folder):
    first = load(folder)
    assert first.hsts == "max-age=3600"
    assert first.variables()["SECURE_HSTS_SECONDS"] == "3600"
    assert first.variables()["SECURE_HSTS_INCLUDE_SUBDOMAINS"] == first.variables()["SECURE_HSTS_PRELOAD"] == "false"
    all_of_it = load(
        folder, SECURE_HSTS_SECONDS="31536000", SECURE_HSTS_INCLUDE_SUBDOMAINS="yes", SECURE_HSTS_PRELOAD="yes"
    )
    assert all_of_it.hsts == "max-age=31536000; includeSubDomains; preload"
    assert all_of_it.variables()["SECURE_HSTS_INCLUDE_SUBDOMAINS"] == "true"


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "variables", "expected"),
    [
        (6.9, {}, False),
        (7, {}, True),
        (700, {"SECURE_HSTS_SECONDS": "86400"}, True),
        (700, {"SECURE_HSTS_SECONDS": "31536000"}, False),
        (700, {"DOMAIN_NAME": "localhost"}, False),
    ],
)
def test_more_hsts_is_advised_after_a_week(folder, days, variables, expected):
    advice = hsts.advice(load(folder, **variables), NOW - timedelta(days=days), NOW)
    assert bool(advice) is expected
    if expected:
        assert "SECURE_HSTS_SECONDS=31536000 into production.env" in advice
        assert "make deploy-caddy deploy-django" in advice


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("203.0.113.0/24,2001:db8::/32", "203.0.113.0/24 2001:db8::/32"),
        ("203.0.113.7 , 10.0.0.0/8", "203.0.113.7 10.0.0.0/8"),
    ],
)
def test_ranges_of_trusted_proxies(folder, given, expected):
    assert load(folder, TRUSTED_PROXY_RANGES=given).trusted_proxy_ranges == expected


@pytest.mark.parametrize("given", ["cdn.example.com", "10.0.0.1/8", "300.1.1.1", "10.0.0.0/33", "0.0.0.0/0", "::/0"])
def test_ranges_of_trusted_proxies_that_are_refused(folder, given):
    with pytest.raises(DeployError, match=f"TRUSTED_PROXY_RANGES: '{re.escape(given)}'"):
        load(folder, TRUSTED_PROXY_RANGES=f"10.0.0.0/8 {given}")


def test_only_a_try_out_needs_no_mail_server(folder):
    assert load(folder).django["EMAIL_HOST"] == ""
    assert load(folder, DOMAIN_NAME="localhost").django["EMAIL_HOST"] == "off"
    assert (
        load(folder, DOMAIN_NAME="localhost", EMAIL_HOST="mail.example.com").django["EMAIL_HOST"] == "mail.example.com"
    )


@pytest.mark.parametrize(
    ("host", "secrets", "expected"),
    [("", {}, True), ("", {"MAILGUN_API_KEY": [1]}, False), ("off", {}, False), ("mail.example.com", {}, False)],
)
def test_preflight_asks_for_a_mail_server(baked, monkeypatch, host, secrets, expected):
    folder = baked(EVERYTHING) / "deployment"
    monkeypatch.setattr(preflight.secret, "versions", lambda site: secrets)
    site = Site(load(folder, EMAIL_HOST=host), engine=None, console=None, folder=folder)
    problems = list(preflight._email(site))
    assert bool(problems) is expected
    if expected:
        assert "EMAIL_HOST=smtp.example.com into production.env" in problems[0]
        assert "EMAIL_HOST=off" in problems[0]


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("yes", True), ("no", False), ("0", False), ("", False)])
def test_flags(value, expected):
    assert settings.flag({"EVERYTHING": value}, "EVERYTHING") is expected


def test_a_flag_that_is_neither_yes_nor_no_is_refused():
    with pytest.raises(DeployError, match="EVERYTHING"):
        settings.flag({"EVERYTHING": "perhaps"}, "EVERYTHING")


def test_test_certificates_are_not_held_against_the_site(folder):
    assert load(folder).is_trusted
    assert not load(folder, DOMAIN_NAME="localhost").is_trusted
    assert not load(folder, ACME_CA="https://acme-staging-v02.api.letsencrypt.org/directory").is_trusted


def test_a_generated_secret_key_is_long_enough_for_django():
    """https://docs.djangoproject.com/en/6.1/ref/checks/#security (security.W009)"""
    assert len(secret.generated()) >= 50
