"""What must not leave the process in a log line, an email or an error report."""

import re

# The token of a password reset, by its place in the link and by the form that Django gives it; either may be encoded.
SLASH = r"(?:/|%(?:25)*2F)+"
LINK = re.compile(rf"({SLASH}reset{SLASH}[^/%\s]+{SLASH})(?:(?!{SLASH})[^\s?&#\"'\\])+", re.IGNORECASE)
TOKEN = re.compile(r"[0-9a-z]{6,7}(?:-|%(?:25)*2D)[0-9a-f]{32}(?![0-9a-z])", re.IGNORECASE)


def redact(text: str) -> str:
    """Return a text without the tokens of password resets: anyone who reads one could use it."""
    return TOKEN.sub("***", LINK.sub(r"\1***", text))
