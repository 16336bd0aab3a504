"""The Jinja extension that ``cookiecutter.json`` loads."""

from jinja2.ext import Extension

from ddpt import answers, escape


class Answers(Extension):
    """Makes the filters and the ``yes`` test known to every file of the template."""

    def __init__(self, environment):
        super().__init__(environment)
        environment.filters["checked"] = answers.checked
        environment.filters["module_name"] = answers.module_name
        environment.filters["slug"] = answers.slug
        environment.filters["python"] = escape.python
        environment.filters["quoted"] = escape.quoted
        environment.filters["markdown"] = escape.markdown
        environment.tests["yes"] = answers.is_yes
