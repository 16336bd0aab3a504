"""The WSGI application, for servers.

https://docs.djangoproject.com/en/6.1/howto/deployment/wsgi/
"""

import os

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

from {{ cookiecutter.django_project_name }}.core.database import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.django_project_name }}.config.production")

application = get_wsgi_application()

# Here, because the limit is one of requests: a command such as migrate may take its time.
connection_created.connect(limit_statements)
