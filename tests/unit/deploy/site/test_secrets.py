"""Secrets and their versions."""

import pytest

from ddpt_deploy.site import secrets


def test_a_generated_secret_key_is_long_enough_for_django(site):
    """https://docs.djangoproject.com/en/6.1/ref/checks/#security (security.W009)"""
    [secret_key] = [secret for secret in secrets.catalogue(site) if secret.name == "SECRET_KEY"]
    assert len(secrets.new_value(site, secret_key)) >= 50


def test_a_value_in_the_shell_comes_before_a_generated_one(site, monkeypatch):
    monkeypatch.setenv("DDPT_SECRET_KEY", "a value")
    [secret_key] = [secret for secret in secrets.catalogue(site) if secret.name == "SECRET_KEY"]
    assert secrets.new_value(site, secret_key) == "a value"


def test_versions_are_counted(site):
    assert [secrets.store(site, "SECRET_KEY", value) for value in ("a", "b")] == [1, 2]
    assert secrets.versions(site) == {"SECRET_KEY": [1, 2]}
    assert secrets.files(site, "django") == {
        "SECRET_KEY": "site_SECRET_KEY_2",
        "SECRET_KEY_FALLBACKS": "site_SECRET_KEY_1",
    }
    assert secrets.files(site, "redis") == {}
    assert "SECRET_KEY" not in [secret.name for secret in secrets.missing(site)]
    assert "REDIS_PASSWORD" in [secret.name for secret in secrets.missing(site)]


@pytest.fixture
def asked(monkeypatch):
    """Answer on a terminal, and return the secrets that were asked for."""
    names = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda question: names.append(question.partition(" ")[0]) or "typed")
    return names


def test_only_what_the_settings_have_a_use_for_is_asked_for(run, asked):
    assert run("secrets")[0] == 0
    assert asked == []
    assert run("secrets", "EMAIL_HOST_USER=shop", "BACKUP_REPOSITORY=sftp:shop@example.com:/a")[0] == 0
    assert asked == ["EMAIL_HOST_PASSWORD"]
    assert run("secrets", "BACKUP_REPOSITORY=s3:https://s3.example.com/a/b")[0] == 0
    assert asked[1:] == ["BACKUP_S3_ACCESS_KEY_ID", "BACKUP_S3_SECRET_ACCESS_KEY"]


def test_a_secret_with_several_lines_comes_from_the_shell(run, site, asked, monkeypatch):
    status, printed = run("rotate-secret", "NAME=TLS_CERTIFICATE")
    assert status == 1
    assert 'DDPT_TLS_CERTIFICATE="$(cat FILE)" make rotate-secret NAME=TLS_CERTIFICATE' in printed
    monkeypatch.setenv("DDPT_TLS_CERTIFICATE", "one\ntwo")
    assert run("secrets")[0] == 0
    assert secrets.versions(site)["TLS_CERTIFICATE"] == [1]
    assert asked == []
