"""The deploy tool in ``src/``, which each project carries a copy of in ``deployment/vendor/``."""

from pathlib import Path

from cookiecutter.exceptions import FailedHookException

TEMPLATE = Path(__file__).parent.parent
LINK = TEMPLATE / "{{ cookiecutter.django_project_name }}/deployment/vendor/ddpt_deploy"


def check_link(link: Path = LINK) -> None:
    """Raise an error that Cookiecutter prints where the link to the tool is not a link: the copy would be no tool."""
    if not (link / "VERSION").is_file():
        raise FailedHookException(
            "The symbolic link deployment/vendor/ddpt_deploy of the template is not one here, as in a .zip file or on "
            "Windows without symbolic links: use a Git clone made with `git clone -c core.symlinks=true`."
        )
