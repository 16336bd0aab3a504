"""Secrets and their versions."""

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
