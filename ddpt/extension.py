"""The Jinja extension that ``cookiecutter.json`` loads."""

from jinja2.ext import Extension
from jinja2.runtime import Context

from ddpt import answers, escape, vendor


class Answers(Extension):
    """Makes the filters and the ``yes`` test known to every file of the template."""

    def __init__(self, environment):
        super().__init__(environment)
        vendor.check_link()
        environment.filters["validate"] = answers.validate
        environment.filters["module_name"] = answers.module_name
        environment.filters["slug"] = answers.slug
        environment.filters["python"] = escape.python
        environment.filters["quoted"] = escape.quoted
        environment.filters["markdown"] = escape.markdown
        environment.tests["yes"] = answers.is_yes
        environment.context_class = Replay


class Replay(Context):
    """Validates the answers when the first name of a file is rendered, before the file is written.

    A replay file brings the result of ``validate`` with it, so its answers, which people edit by hand, would pass
    without a look. Jinja has ``context_class`` for such purposes.
    """

    def __init__(self, environment, parent, *args, **kwargs):
        super().__init__(environment, parent, *args, **kwargs)
        answered = parent.get("cookiecutter", {})
        if "_template" in answered:  # Cookiecutter adds it when all questions are answered
            answers.validate(answered)
            environment.context_class = Context  # once is enough
