"""The settings of a site: files with comments, environment variables over them, and all errors at once."""

import pytest
from deploy import settings
from deploy.errors import DeployError

from projects import DEFAULTS


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
    assert production.django == {"ADMIN_URL": "admin/", "LOG_LEVEL": "INFO"}


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
        load(folder, DJANGO_CPUS="many", REDIS_MEMORY="5", STACK_NAME="A b", WWW_REDIRECT="perhaps", DOMAIN_NAME="x/y")
    for name in ("DJANGO_CPUS", "REDIS_MEMORY", "STACK_NAME", "WWW_REDIRECT", "DOMAIN_NAME"):
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
    assert load(folder, DOMAIN_NAME="localhost").variables()["SECURE_HSTS_SECONDS"] == "0"
    assert load(folder).variables()["SECURE_HSTS_SECONDS"] == "31536000"


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
