"""Literals and escapes for the file types that answers go into."""

import re

# Control characters, other line ends, controls of text direction, the byte order mark, and two code points that YAML
# refuses: TOML and YAML want most of them escaped, and nobody should have to guess at the others.
# https://toml.io/en/v1.0.0#string https://yaml.org/spec/1.2.2/#51-character-set
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")

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
    return literal(text, '"')


def python(text: str) -> str:
    """Return ``text`` as the Python string literal that Black leaves alone.

    Black prefers double quotes unless single ones save a backslash.
    https://black.readthedocs.io/en/stable/the_black_code_style/current_style.html#strings
    """
    return literal(text, "'" if text.count('"') > text.count("'") else '"')


def literal(text: str, quote: str) -> str:
    """Return ``text`` between the given quotes."""
    text = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return quote + UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + quote


def markdown(text: str) -> str:
    """Return the one line ``text`` such that Markdown shows it as it is: in headings, paragraphs, lists and tables."""
    text = MARKUP.sub(r"\\\g<0>", text.strip(" "))
    text = re.sub(r"\A([0-9]{1,9})(?=[.)]( |\Z))", r"\1\\", text)  # as the first number of a list
    # GitHub takes what stands between two dollar signs for mathematics, and its documentation names this way out:
    # https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
    return text.replace("$", "<span>$</span>") if text.count("$") > 1 else text
