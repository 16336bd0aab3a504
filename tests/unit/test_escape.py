"""Every text that is accepted as an answer comes back from the parser of each file type as it went in."""

import ast
import html
import json
import re
import tomllib

import black
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ddpt.escape import markdown, python, quoted
from ddpt.validation import NO_TEXT
from support.hostile import HOSTILE

lines = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from("\"'\\#$&*_<>|`~[]{}%-+=1.) !")
)
lines = lines.filter(lambda text: not NO_TEXT.search(text))


def hostile(test):
    """Try each of the hostile texts as well."""
    for text in HOSTILE:
        test = example(text)(test)
    return test


@hostile
@given(lines)
def test_quoted_literals_are_read_alike_by_every_parser(text):
    literal = quoted(text)

    assert json.loads(literal) == text
    assert tomllib.loads(f"key = {literal}") == {"key": text}
    assert yaml.safe_load(f"key: {literal}") == {"key": text}
    assert ast.literal_eval(literal) == text


@hostile
@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\")))
def test_python_literals_mean_the_text(text):
    assert ast.literal_eval(python(text)) == text


@hostile
@given(lines)
def test_python_literals_are_as_black_writes_them(text):
    source = f"NAME = {python(text)}\n"

    assert black.format_str(source, mode=black.Mode(line_length=88)) == source


@hostile
@given(lines)
def test_text_in_comments_stays_a_comment(text):
    assert tomllib.loads(f"# {text}\nkey = 1") == {"key": 1}
    assert yaml.safe_load(f"# {text}\nkey: 1") == {"key": 1}
    assert ast.parse(f"# {text}\nkey = 1").body[0].lineno == 2


@hostile
@given(lines)
@pytest.mark.parametrize(
    ("before", "after", "tag"),
    [("# ", "", "h1"), ("", "", "p"), ("- ", "", "li"), ("|  |  |\n|--|--|\n| ", " |", "td")],
    ids=["heading", "paragraph", "list", "table"],
)
def test_markdown_shows_the_text(before, after, tag, text):
    page = (
        MarkdownIt("gfm-like", {"linkify": False}).enable("table").render(f"{before}{markdown(text)}{after}\n\nnext\n")
    )

    shown = re.search(f"<{tag}>(.*?)</{tag}>", page) if text.strip() else None
    shown = re.sub("</?span>", "", shown[1] if shown else "")
    assert "<" not in shown, "the text became markup"
    assert html.unescape(shown).strip() == text.strip()


@pytest.mark.parametrize(
    "text", ["A short description of the project.", "Don't panic (v2.0) - it's 50% off, C#!", "snake_case & more"]
)
def test_markdown_leaves_common_text_alone(text):
    assert markdown(text) == text


def test_markdown_keeps_github_from_reading_prices_as_mathematics():
    assert markdown("for $5") == "for $5"
    assert markdown("$5 or $10") == "<span>$</span>5 or <span>$</span>10"
