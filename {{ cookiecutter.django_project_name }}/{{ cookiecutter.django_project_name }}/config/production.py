"""Settings for servers: safe by default, and every missing variable is named at once.

https://docs.djangoproject.com/en/6.1/howto/deployment/checklist/
"""

import logging
from email.utils import formataddr

from django.conf import global_settings

from . import parsers
from .base import *
from .env import env
{%- if cookiecutter.use_mailgun is yes %}
from .mailgun import email_provider
{%- endif %}
{%- if cookiecutter.use_s3 is yes %}
from .s3 import s3_bucket_name, s3_policy, s3_storages
{%- endif %}
{%- if cookiecutter.use_sentry_for_error_reporting is yes %}
from .sentry import start_sentry
{%- endif %}
from .services import database, redis_cache, smtp

DEBUG = False
SECRET_KEY = env.parse("SECRET_KEY", parsers.secret_key)
# Keys of before: what they signed stays valid, so that a new key logs nobody out.
SECRET_KEY_FALLBACKS = env.parse("SECRET_KEY_FALLBACKS", parsers.secret_keys, default=[])

DOMAIN_NAME = env.parse("DOMAIN_NAME", parsers.host_name)
ALLOWED_HOSTS = env.parse("ALLOWED_HOSTS", parsers.hosts, default=[DOMAIN_NAME])

# Each thread of gunicorn keeps its connection.
DATABASES = {"default": database(conn_max_age=None)}
CACHES = {"default": redis_cache(env.parse("REDIS_URL", parsers.redis_url))}

NOREPLY = formataddr((PROJECT_NAME, f"noreply@{DOMAIN_NAME}"))
DEFAULT_FROM_EMAIL = env.parse("DEFAULT_FROM_EMAIL", parsers.email_address, default=NOREPLY)
# Who gets an email when an error is logged.
ADMINS = env.parse("ADMINS", parsers.email_addresses, default=[])
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_SUBJECT_PREFIX = f"[{PROJECT_NAME}] "
{%- if cookiecutter.use_mailgun is yes %}
MAILERS = {"default": email_provider() or smtp(env.parse("EMAIL_HOST", parsers.host_name))}
# Seconds, as for SMTP: https://anymail.dev/en/stable/installation/#std-setting-ANYMAIL_REQUESTS_TIMEOUT
ANYMAIL = {"REQUESTS_TIMEOUT": 10}
{%- else %}
MAILERS = {"default": smtp(env.parse("EMAIL_HOST", parsers.host_name))}
{%- endif %}

STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "media")
STORAGES = global_settings.STORAGES | {
    # Names with a hash of the content, cached forever, and compressed beforehand.
    # https://whitenoise.readthedocs.io/en/stable/django.html#add-compression-and-caching-support
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
{%- if cookiecutter.use_s3 is yes %}
if bucket_name := s3_bucket_name():
    STORAGES |= s3_storages(bucket_name)
    SECURE_CSP = s3_policy(SECURE_CSP, bucket_name)
{%- endif %}

# Requests come through a proxy, which alone is believed when it tells the client's address and scheme.
TRUSTED_PROXIES = env.parse(
    "TRUSTED_PROXIES", parsers.networks, default=parsers.networks("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8")
)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# HTTPS only
# https://docs.djangoproject.com/en/6.1/topics/security/#ssl-https
SECURE_SSL_REDIRECT = True
# An hour at first, as no browser can be told to forget it: README.md tells how to raise it.
SECURE_HSTS_SECONDS = env.parse("SECURE_HSTS_SECONDS", parsers.integer(0), default=3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
# Subdomains, the preload list and a site without email (EMAIL_HOST=off) are decisions of those who run the site.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "mail.E001"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
# Browsers take a cookie of such a name from this host alone, over HTTPS alone.
# https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_NAME = "__Secure-language"

LOG_LEVEL = env.parse("LOG_LEVEL", parsers.log_level, default=logging.INFO)
# gunicorn.conf.py uses these too.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "{{ cookiecutter.django_project_name }}.core.logs.JsonFormatter"},
        "text": {"()": "{{ cookiecutter.django_project_name }}.core.logs.TextFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
        "admins": {
            "class": "{{ cookiecutter.django_project_name }}.core.error_emails.AdminEmailHandler",
            "level": "ERROR",
            "formatter": "text",
        },
    },
    "root": {"handlers": ["console", "admins"], "level": LOG_LEVEL},
    "loggers": {
        # The level of the root counts, and not Django's own.
        "django": {"handlers": [], "level": "NOTSET"},
        # Robots ask for hosts that are not ours all day; the line of the request says so, with its status 400.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "gunicorn.error": {"propagate": True},
        # The line of the request is ours.
        "gunicorn.access": {"level": "WARNING"},
    },
}
{%- if cookiecutter.use_sentry_for_error_reporting is yes %}

start_sentry()
{%- endif %}

env.check()
