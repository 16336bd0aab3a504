"""The Jinja extension that ``cookiecutter.json`` loads."""

import re
from pathlib import Path

from cookiecutter.exceptions import FailedHookException
from jinja2 import Template
from jinja2.ext import Extension

from ddpt import escape, names, validation

ROOT = "{{ cookiecutter.django_project_name }}"
DEPLOY_TOOL = Path(__file__).parent.parent / ROOT / "deployment/vendor/ddpt_deploy"
ANSWER = re.compile(r"{{ cookiecutter\.(\w+) }}")


class Answers(Extension):
    """Makes the filters and the ``yes`` test known to every file of the template."""

    def __init__(self, environment):
        super().__init__(environment)
        check_link(DEPLOY_TOOL)
        environment.filters["validate"] = validation.validate
        environment.filters["module_name"] = names.module_name
        environment.filters["slug"] = names.slug
        environment.filters["python"] = escape.python
        environment.filters["quoted"] = escape.quoted
        environment.filters["markdown"] = escape.markdown
        environment.tests["yes"] = validation.is_yes
        # Each template is rendered once: to optimize it takes more time than it saves.
        environment.optimized = False
        compile_template = environment.compile

        def compile_or_keep(source, *arguments, **options):
            compiled = re.search("{[{%#]", ANSWER.sub("", source))
            return compile_template(source, *arguments, **options) if compiled else PlainText(source)

        environment.compile = compile_or_keep
        environment.template_class = PlainTextOrTemplate


class PlainText(str):
    """A template with nothing of Jinja but ``{{ cookiecutter.name }}``: most of the files, and nearly all file names.

    To compile these as well takes half of the time in which Cookiecutter generates a project.
    """

    def render(self, cookiecutter, **_):
        """Return the text with the answers in it."""
        if self == ROOT:  # rendered before anything is written, and with the answers of a replay file as well
            validation.validate(cookiecutter)
        return ANSWER.sub(lambda found: str(cookiecutter[found[1]]), self)


class PlainTextOrTemplate(Template):
    """What Jinja makes of the source of a template."""

    @classmethod
    def from_code(cls, environment, code, *arguments):
        """Return plain text as it is, and else a template."""
        return code if isinstance(code, PlainText) else super().from_code(environment, code, *arguments)


def check_link(link: Path) -> None:
    """Raise an error that Cookiecutter prints where the ``link`` to the deploy tool is none: projects would lack it."""
    if not (link / "VERSION").is_file():
        raise FailedHookException(
            "The symbolic link deployment/vendor/ddpt_deploy of the template is not one here, as in a .zip file or on "
            "Windows without symbolic links: use a Git clone made with `git clone -c core.symlinks=true`."
        )
