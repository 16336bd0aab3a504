"""Variables of all templates.

https://docs.djangoproject.com/en/6.1/ref/templates/api/#writing-your-own-context-processors
"""

from django.conf import settings
from django.http import HttpRequest

from .email import is_email_on


def project(request: HttpRequest) -> dict[str, str | bool]:
    """Return the project's name and description, and whether it sends email."""
    return {
        "project_name": settings.PROJECT_NAME,
        "project_description": settings.PROJECT_DESCRIPTION,
        "is_email_on": is_email_on(),
    }
