"""Variables that every template gets.

https://docs.djangoproject.com/en/6.1/ref/templates/api/#writing-your-own-context-processors
"""

from django.conf import settings
from django.http import HttpRequest


def project(request: HttpRequest) -> dict[str, str]:
    """Return the project's name and description."""
    return {
        "project_name": settings.PROJECT_NAME,
        "project_description": settings.PROJECT_DESCRIPTION,
    }
