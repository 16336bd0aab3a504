"""Literals and escapes for the file types that answers go into."""

import json
import re

OTHER_QUOTES = str.maketrans("'\"", "\"'")

# What means something in a line of Markdown as GitHub reads it, https://github.github.com/gfm/
MARKUP = re.compile(
    r"""
    [\\`*\[\]<|~]                         # anywhere
    | (?<![^\W_])_ | _(?![^\W_])          # not inside of a word
    | &(?=[#\w]+;)                        # as an entity
    | (?<!\S)\#                           # before or after a heading
    | \A[-+=>]                            # as the first character
    """,
    re.VERBOSE,
)


def quoted(text: str) -> str:
    """Return ``text`` as a double-quoted literal, which TOML, YAML and JSON read alike, and Python as well."""
    return json.dumps(text, ensure_ascii=False)


def python(text: str) -> str:
    """Return ``text`` as the Python string literal that Black leaves alone.

    Black prefers double quotes unless single ones save a backslash.
    https://black.readthedocs.io/en/stable/the_black_code_style/current_style.html#strings
    """
    if text.count('"') > text.count("'"):
        return quoted(text.translate(OTHER_QUOTES)).translate(OTHER_QUOTES)
    return quoted(text)


def markdown(text: str) -> str:
    """Return the one line ``text`` such that Markdown shows it as it is: in headings, paragraphs, lists and tables."""
    text = MARKUP.sub(r"\\\g<0>", text.strip(" "))
    text = re.sub(r"\A([0-9]{1,9})(?=[.)]( |\Z))", r"\1\\", text)  # as the first number of a list
    # GitHub takes what stands between two dollar signs for mathematics, and its documentation names this way out:
    # https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
    return text.replace("$", "<span>$</span>") if text.count("$") > 1 else text
