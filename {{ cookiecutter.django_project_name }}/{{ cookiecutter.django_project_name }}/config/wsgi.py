"""WSGI application.

https://docs.djangoproject.com/en/6.1/howto/deployment/wsgi/
"""

import os

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

from ..core.statement_timeout import set_statement_timeout

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.django_project_name }}.config.production")

application = get_wsgi_application()

# For requests only: commands such as migrate have no limit.
connection_created.connect(set_statement_timeout)
