"""The settings of a site: files, the shell and what is typed over them, and all errors at once."""

import re

import pytest

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import settings
from support.projects import DEFAULTS, NGINX


@pytest.fixture
def folder(baked):
    return baked(DEFAULTS) / "deployment"


def load(folder, environment="production", shell=None, **typed):
    return settings.load(environment, folder, shell=shell or {}, typed=typed)


def test_files_as_shipped_are_valid(folder):
    production, staging = load(folder), load(folder, "staging")
    assert production.stack_name == "project-name"
    assert staging.stack_name == "project-name-staging"
    assert production.domain_name == "example.com"
    assert staging.domain_name == "staging.example.com"


def test_staging_has_only_what_differs(folder):
    lines = {name: settings.parse((folder / f"{name}.env").read_text()) for name in ("production", "staging")}
    assert lines["staging"].keys() < lines["production"].keys()
    assert all(lines["production"][name] != value for name, value in lines["staging"].items())
    assert load(folder, "staging").django == load(folder).django
    assert load(folder, "staging").keep_releases == load(folder).keep_releases


@pytest.mark.parametrize(
    ("combination", "other"), [(DEFAULTS, "ACME_DNS"), (DEFAULTS | {NGINX}, "UPLOADS_AT_ONCE")], ids=["caddy", "nginx"]
)
def test_every_setting_is_in_the_file(baked, combination, other):
    """But for the one that is for the other proxy."""
    lines = settings.parse((baked(combination) / "deployment/production.env").read_text())
    fields = {name.upper() for name in settings.Settings.__dataclass_fields__} - {"ENVIRONMENT", "DJANGO"}
    assert fields - set(lines) == {other}


def test_what_is_typed_wins_over_the_shell_and_that_over_the_file(folder):
    shell = {
        "DDPT_DOMAIN_NAME": "localhost",
        "DDPT_HTTPS_PORT": "8443",
        "DDPT_LOG_LEVEL": "ERROR",
        "KEEP_RELEASES": "9",
    }
    site = load(folder, shell=shell, DJANGO_MEMORY="1G", LOG_LEVEL="DEBUG")
    assert site.is_local
    assert site.url == "https://localhost:8443"
    assert site.django_memory == 1024**3
    assert site.django["LOG_LEVEL"] == "DEBUG"
    assert site.keep_releases == 3


def test_stack_files_can_name_each_line_of_the_file(folder):
    variables = load(folder, LOG_LEVEL="DEBUG", BACKUP_WAL="yes").variables()
    assert settings.parse((folder / "production.env").read_text()).keys() <= variables.keys()
    assert (variables["LOG_LEVEL"], variables["BACKUP_WAL"]) == ("DEBUG", "true")


def test_all_errors_come_at_once(folder):
    typed = {
        "DJANGO_CPUS": "many",
        "REDIS_MEMORY": "5",
        "STACK_NAME": "A b",
        "WWW_REDIRECT": "perhaps",
        "DOMAIN_NAME": "x/y",
    }
    with pytest.raises(DeployError) as error:
        load(folder, **typed, KEEP_RELEASES="0", HTTP_PORT="-1", ACME_EMAIL="")
    for name in (*typed, "KEEP_RELEASES", "HTTP_PORT", "ACME_EMAIL"):
        assert f"{name}: " in str(error.value)
    assert "edit deployment/production.env" in str(error.value)


def test_an_environment_without_a_file(folder):
    with pytest.raises(DeployError, match="ENVIRONMENT=production or staging"):
        load(folder, "prod")


def test_another_folder(tmp_path):
    with pytest.raises(DeployError, match="run make in the project's folder deployment/"):
        load(tmp_path)


def test_quotes_and_comments():
    assert settings.parse("# A=1\nB = 'x y'\nC=\"#\"\n\nD=\n E=a=b") == {"B": "x y", "C": "#", "D": "", "E": "a=b"}


def test_sizes_follow_from_limits(folder):
    variables = load(folder, POSTGRES_MEMORY="1G", REDIS_MEMORY="100M", DJANGO_CPUS="1.2").variables()
    assert variables["POSTGRES_SHARED_BUFFERS"] == "256MB"
    assert variables["POSTGRES_EFFECTIVE_CACHE_SIZE"] == "768MB"
    assert variables["REDIS_MAXMEMORY"] == str(75 * 1024 * 1024)
    assert variables["WEB_CONCURRENCY"] == "3"
    assert variables["WWW_REDIRECT"] == "false"


@pytest.mark.parametrize(
    ("cpus", "memory", "workers"), [("0.5", "512M", "2"), ("8", "512M", "5"), ("8", "2G", "16"), ("4", "96M", "1")]
)
def test_processes_follow_from_cpus_and_memory(folder, cpus, memory, workers):
    assert load(folder, DJANGO_CPUS=cpus, DJANGO_MEMORY=memory).variables()["WEB_CONCURRENCY"] == workers


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


@pytest.mark.parametrize("given", ["", "10.200.0.0", "10.200.0.0/25", "10.200.0.1/16", "fd00::/48"])
def test_address_pools_that_are_refused(folder, given):
    with pytest.raises(DeployError, match=f"SWARM_ADDRESS_POOL: '{re.escape(given)}' is not an IPv4 range"):
        load(folder, SWARM_ADDRESS_POOL=given)


def test_only_a_local_site_needs_no_mail_server(folder):
    assert load(folder).django["EMAIL_HOST"] == ""
    assert load(folder, DOMAIN_NAME="localhost").django["EMAIL_HOST"] == "off"
    local = load(folder, DOMAIN_NAME="localhost", EMAIL_HOST="mail.example.com")
    assert local.django["EMAIL_HOST"] == "mail.example.com"


def test_certificates_of_a_test_authority_are_not_checked(folder):
    assert load(folder).is_trusted
    assert not load(folder, DOMAIN_NAME="localhost").is_trusted
    assert not load(folder, ACME_CA="https://acme-staging-v02.api.letsencrypt.org/directory").is_trusted


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "s3:https://s3.example.com/bucket/folder",
        "sftp:u1-sub2@host.example.com:backups/shop",
        "sftp://user@[2001:db8::1]:23//srv/backups",
    ],
)
def test_repositories(folder, repository):
    assert load(folder, BACKUP_REPOSITORY=repository).backup_repository == repository


@pytest.mark.parametrize(
    "repository", ["/srv", "s3:bucket", "sftp:host:/srv", "sftp:user@host/srv", "sftp://user@host"]
)
def test_what_is_no_repository(folder, repository):
    with pytest.raises(DeployError, match=r"BACKUP_REPOSITORY: .* is invalid: give one like"):
        load(folder, BACKUP_REPOSITORY=repository)
