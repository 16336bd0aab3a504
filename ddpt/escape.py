"""Literals and escapes for the file types that answers go into."""

import re


def quoted(text: str) -> str:
    """Return ``text`` as a double-quoted literal, which TOML, YAML and JSON read alike."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def python(text: str) -> str:
    """Return ``text`` as the Python string literal that Black would write."""
    if text.count('"') > text.count("'"):
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return quoted(text)


def markdown(text: str) -> str:
    """Return ``text`` such that Markdown shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>()#+\-.!|~&$])", r"\\\1", text)
