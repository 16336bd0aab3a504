"""Generates projects for the template's own commands: with the defaults, without questions, without a word."""

from pathlib import Path
from typing import Any

from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parent.parent


def generate(folder: Path, **options: Any) -> Path:
    """Generate a project in ``folder``, and return where it is; ``options`` are more arguments of Cookiecutter's."""
    project = cookiecutter(
        str(TEMPLATE), no_input=True, default_config=True, accept_hooks=False, output_dir=str(folder), **options
    )
    return Path(project)
