"""Redaction of secrets."""

from urllib.parse import quote

import pytest

from ..redaction import redact

FORMS = [
    "{link}",
    "https://example.com{link}?x=1#y",
    "GET '{link}.'",
    '"Referer": "https://example.com{link}"',
    "?next={quoted}&x=1",
    "?next={twice}",
    "//accounts//reset//Mg//{token}",
    "a bare {token}.",
    "/reset/Mg/a-token-of-another-form",
    "/accounts/reset/Mg/a-token-of-another-form/",
    "%2Freset%2FMg%2Fa-token-of-another-form%2F",
]


@pytest.mark.parametrize("form", FORMS)
def test_token_is_redacted_in_any_form(reset_link, form):
    token = reset_link.split("/")[-2]
    quoted = quote(reset_link, safe="").replace("-", "%2D")
    text = form.format(link=reset_link, quoted=quoted, twice=quote(quoted, safe=""), token=token)
    for secret in (token, token.split("-")[1], "a-token"):
        assert secret not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text", ["/accounts/password_reset/done/", "/accounts/reset/done/", "reset the cache", "/a-b/"]
)
def test_text_without_token_is_unchanged(text):
    assert redact(text) == text


def test_password_in_url_is_redacted():
    text = "cannot connect to postgres://app:hunter2@db:5432/app or redis://:hun:ter@2@cache"
    assert redact(text) == "cannot connect to postgres://app:***@db:5432/app or redis://:***@cache"
    assert redact("https://a.example:443/@b") == "https://a.example:443/@b"
