"""Settings for development: nothing needs to be set, and every server is optional."""

import logging
import os
{%- if cookiecutter.use_s3 is yes %}

from django.conf import global_settings
{%- endif %}

from . import parsers
from .base import *
from .env import env
{%- if cookiecutter.use_s3 is yes %}
from .s3 import s3_bucket_name, s3_policy, s3_storages
{%- endif %}
from .services import database, redis_cache, smtp

DEBUG = env.bool("DEBUG", default=True)
# Whoever knows this key can forge sessions: it is good for development alone.
SECRET_KEY = env.str("SECRET_KEY", default="insecure-and-only-for-development")
# Others may stand for this machine too: ALLOWED_HOSTS=192.168.1.5 lets a phone in.
ALLOWED_HOSTS = env.parse("ALLOWED_HOSTS", parsers.hosts, default=[".localhost", "127.0.0.1", "[::1]"])

ROOT_URLCONF = "{{ cookiecutter.django_project_name }}.config.local_urls"

INSTALLED_APPS += [
    # Its template extends the debug toolbar's own.
    "{{ cookiecutter.django_project_name }}.toolbar",
    "debug_toolbar",
    "django_extensions",
]
# The guide on the home page; it comes first, for its template stands in for that of core.
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
    # A tab at the edge: opened, it covers part of the page.
    "SHOW_COLLAPSED": True,
}

# breakpoint() opens ipdb.
os.environ.setdefault("PYTHONBREAKPOINT", "ipdb.set_trace")

DATABASES = {"default": database(default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}

if location := env.parse("REDIS_URL", parsers.redis_url, default=None):
    CACHES = {"default": redis_cache(location)}

DEFAULT_FROM_EMAIL = "noreply@localhost"
if email_host := env.str("EMAIL_HOST", default=None):
    MAILERS = {"default": smtp(email_host)}
else:
    MAILERS = {"default": {"BACKEND": "{{ cookiecutter.django_project_name }}.core.mail.ConsoleBackend"}}

# With DEBUG=false, WhiteNoise serves what the development server no longer does: error pages look as on servers.
# https://whitenoise.readthedocs.io/en/stable/django.html#WHITENOISE_USE_FINDERS
WHITENOISE_USE_FINDERS = True

MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "media")
{%- if cookiecutter.use_s3 is yes %}
if bucket_name := s3_bucket_name():
    STORAGES = global_settings.STORAGES | s3_storages(bucket_name)
    SECURE_CSP = s3_policy(SECURE_CSP, bucket_name)
{%- endif %}

LOG_LEVEL = env.parse("LOG_LEVEL", parsers.log_level, default=logging.INFO)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "not_livez": {"()": "{{ cookiecutter.django_project_name }}.core.logs.NotLivez"},
        "not_server_start": {"()": "{{ cookiecutter.django_project_name }}.core.logs.NotServerStart"},
    },
    "formatters": {
        "line": {"format": "{levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # The development servers print a line for each request themselves.
        "{{ cookiecutter.django_project_name }}.request": {"level": max(LOG_LEVEL, logging.WARNING)},
        # The level of the root counts, and not Django's own.
        "django": {"handlers": [], "level": "NOTSET"},
        "django.server": {"filters": ["not_livez"]},
        # Below that, a line for each change of the code, or for each file that is looked at.
        "django.utils.autoreload": {"level": max(LOG_LEVEL, logging.INFO)},
        "werkzeug": {"filters": ["not_livez", "not_server_start"]},
    },
}

env.check()
