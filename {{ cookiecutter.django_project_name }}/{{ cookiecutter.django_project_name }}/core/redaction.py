"""Removes secrets from log lines, emails and error reports."""

import re

# Tokens of password resets, by their place in the link and by their format; both may be URL-encoded
SLASH = r"(?:/|%(?:25)*2F)+"
LINK = re.compile(rf"({SLASH}reset{SLASH}[^/%\s]+{SLASH})(?:(?!{SLASH})[^\s?&#\"'\\])+", re.IGNORECASE)
TOKEN = re.compile(r"[0-9a-z]{6,7}(?:-|%(?:25)*2D)[0-9a-f]{32}(?![0-9a-z])", re.IGNORECASE)

# The password in a URL, such as DATABASE_URL
PASSWORD = re.compile(r"(://[^\s:/?#@]*:)[^\s/?#]+@")


def redact(text: str) -> str:
    """Return a text without tokens of password resets and without passwords in URLs."""
    # A search in each log line of what few have would cost as much as the rest of the line.
    if "reset" in text.casefold():
        text = LINK.sub(r"\1***", text)
    return PASSWORD.sub(r"\1***@", TOKEN.sub("***", text))
