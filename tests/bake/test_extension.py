"""Texts that need no compiler: as Jinja writes them, and nearly all that there are."""

from fnmatch import fnmatch

import pytest
from cookiecutter.environment import StrictEnvironment

from ddpt.extension import PlainText
from support.projects import DEFAULTS, QUESTIONS, SOURCE, bake, files, is_text

ANSWERS = QUESTIONS | {"django_project_name": "shop", "project_name": "{{ cookiecutter.email }}"}


@pytest.fixture
def environments():
    """The environment of the template, and one of Cookiecutter alone."""
    return [
        StrictEnvironment(context={"cookiecutter": context}, keep_trailing_newline=True) for context in (QUESTIONS, {})
    ]


def test_plain_texts_are_rendered_as_jinja_renders_them(environments):
    ours, jinja = environments
    paths = [path for path in files(SOURCE) if is_text(path)]
    names = [str(path.relative_to(SOURCE)) for path in paths]
    copied = QUESTIONS["_copy_without_render"]
    rendered = [name for name in names if not any(fnmatch(name, pattern) for pattern in copied)]
    sources = [*names, *((SOURCE / name).read_text() for name in rendered)]
    templates = {source: ours.from_string(source) for source in [*sources, "{{ cookiecutter.project_name }}\n\n"]}
    plain = {source: template for source, template in templates.items() if isinstance(template, PlainText)}
    assert len(plain) > len(sources) * 0.7
    for source, template in plain.items():
        assert template.render(cookiecutter=ANSWERS) == jinja.from_string(source).render(cookiecutter=ANSWERS)


@pytest.mark.parametrize(
    "source", ["{{ 1 }}", "{{cookiecutter.email}}", "{% if 1 %}1{% endif %}", "{# 1 #}", "{{ x.y }}"]
)
def test_all_else_is_compiled(environments, source):
    assert not isinstance(environments[0].from_string(source), PlainText)


def test_few_texts_are_compiled(tmp_path, monkeypatch):
    """What is compiled takes most of the time in which a project is generated."""
    compiled = []
    original = StrictEnvironment.compile
    monkeypatch.setattr(StrictEnvironment, "compile", lambda *words: compiled.append(words[1]) or original(*words))
    project = bake(tmp_path, DEFAULTS)
    assert len(compiled) < len(files(project)) / 2
