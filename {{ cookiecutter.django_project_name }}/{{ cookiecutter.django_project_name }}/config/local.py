"""Settings for development. No variable is required."""

import logging
import os

from . import parsers
from .base import *
from .env import env
from .integrations.database import database
from .integrations.redis import redis_cache
{%- if cookiecutter.use_s3 is yes %}
from .integrations.s3 import use_bucket
{%- endif %}
from .integrations.smtp import smtp

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = env.str("SECRET_KEY", default="insecure-and-only-for-development")
# To open the site on a phone: ALLOWED_HOSTS=192.168.1.5
ALLOWED_HOSTS = env.parse("ALLOWED_HOSTS", parsers.hosts, default=[".localhost", "127.0.0.1", "[::1]"])

ROOT_URLCONF = "{{ cookiecutter.django_project_name }}.development.urls"

INSTALLED_APPS += [
    # Before the debug toolbar, whose template it extends
    "{{ cookiecutter.django_project_name }}.development",
    "debug_toolbar",
    "django_extensions",
]
# Before core, whose home page it extends
if DEBUG and (BASE_DIR / "{{ cookiecutter.django_project_name }}/getting_started/__init__.py").exists():
    INSTALLED_APPS.insert(0, "{{ cookiecutter.django_project_name }}.getting_started")
MIDDLEWARE.insert(
    MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware"),
    "debug_toolbar.middleware.DebugToolbarMiddleware",
)
# https://django-debug-toolbar.readthedocs.io/en/latest/installation.html#configure-internal-ips
INTERNAL_IPS = ["127.0.0.1", "::1"]
DEBUG_TOOLBAR_CONFIG = {
    "SHOW_TOOLBAR_CALLBACK": "debug_toolbar.middleware.show_toolbar_with_docker",
    "SHOW_COLLAPSED": True,
}

# breakpoint() opens ipdb.
os.environ.setdefault("PYTHONBREAKPOINT", "ipdb.set_trace")

DATABASES = {"default": database(default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}

if redis_url := env.parse("REDIS_URL", parsers.redis_url, default=None):
    CACHES = {"default": redis_cache(redis_url)}

DEFAULT_FROM_EMAIL = "noreply@localhost"
if email_host := env.str("EMAIL_HOST", default=None):
    MAILERS = {"default": smtp(email_host)}
else:
    MAILERS = {"default": {"BACKEND": "{{ cookiecutter.django_project_name }}.development.email.ConsoleBackend"}}

# Serve static files with DEBUG=false as well, to see the error pages.
# https://whitenoise.readthedocs.io/en/stable/django.html#WHITENOISE_USE_FINDERS
WHITENOISE_USE_FINDERS = True

MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "media")
{%- if cookiecutter.use_s3 is yes %}
STORAGES, SECURE_CSP = use_bucket(STORAGES, SECURE_CSP)
{%- endif %}

LOG_LEVEL = env.parse("LOG_LEVEL", parsers.log_level, default=logging.INFO)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_livez": {"()": "{{ cookiecutter.django_project_name }}.development.log_filters.NoLivez"},
        "no_start": {"()": "{{ cookiecutter.django_project_name }}.development.log_filters.NoStart"},
    },
    "formatters": {
        "line": {"format": "{levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # The development servers log requests themselves.
        "{{ cookiecutter.django_project_name }}.request": {"level": max(LOG_LEVEL, logging.WARNING)},
        # Use the root's handlers and level instead of Django's.
        "django": {"handlers": [], "level": "NOTSET"},
        "django.server": {"filters": ["no_livez"]},
        # DEBUG logs a line for each file.
        "django.utils.autoreload": {"level": max(LOG_LEVEL, logging.INFO)},
        "werkzeug": {"filters": ["no_livez", "no_start"]},
    },
}

env.check()
