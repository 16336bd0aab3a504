"""Settings for servers.

https://docs.djangoproject.com/en/6.1/howto/deployment/checklist/
"""

import logging
from email.utils import formataddr

from ..core.static_files import add_headers
from . import parsers
from .base import *
from .env import env
from .integrations.cdn import use_cdn
from .integrations.database import database
{%- if cookiecutter.use_mailgun is yes %}
from .integrations.mailgun import email_provider
{%- endif %}
from .integrations.redis import redis_cache
{%- if cookiecutter.use_s3 is yes %}
from .integrations.s3 import use_bucket
{%- endif %}
{%- if cookiecutter.use_sentry_for_error_reporting is yes %}
from .integrations.sentry import start_sentry
{%- endif %}
from .integrations.smtp import smtp

DEBUG = False
SECRET_KEY = env.parse("SECRET_KEY", parsers.secret_key)
# Old keys, with which sessions and links signed by them stay valid
SECRET_KEY_FALLBACKS = env.parse("SECRET_KEY_FALLBACKS", parsers.secret_keys, default=[])

DOMAIN_NAME = env.parse("DOMAIN_NAME", parsers.host_name)
ALLOWED_HOSTS = env.parse("ALLOWED_HOSTS", parsers.hosts, default=[DOMAIN_NAME])

# Each thread of gunicorn keeps its connection.
DATABASES = {"default": database(conn_max_age=None)}
CACHES = {"default": redis_cache(env.parse("REDIS_URL", parsers.redis_url))}

NOREPLY = formataddr((PROJECT_NAME, f"noreply@{DOMAIN_NAME}"))
DEFAULT_FROM_EMAIL = env.parse("DEFAULT_FROM_EMAIL", parsers.email_address, default=NOREPLY)
# They get an email for each error that is logged.
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

# Port at which gunicorn.conf.py shows metrics to Prometheus; 0: nothing is counted.
METRICS_PORT = env.parse("METRICS_PORT", parsers.integer(0, 65535), default=0)
if METRICS_PORT:
    MIDDLEWARE.insert(
        MIDDLEWARE.index("{{ cookiecutter.django_project_name }}.core.middleware.trusted_proxy"),
        "{{ cookiecutter.django_project_name }}.core.metrics.measure",
    )

STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "media")
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "{{ cookiecutter.django_project_name }}.core.static_files.StaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ADD_HEADERS_FUNCTION = add_headers
{%- if cookiecutter.use_s3 is yes %}
# Who serves static files: Django by WhiteNoise, the proxy in front alone, or the bucket
STATIC_FILES = env.parse("STATIC_FILES", parsers.one_of("django", "proxy", "bucket"), default="django")
{%- else %}
# Who serves static files: Django by WhiteNoise, or the proxy in front alone
STATIC_FILES = env.parse("STATIC_FILES", parsers.one_of("django", "proxy"), default="django")
{%- endif %}
if STATIC_FILES != "django":
    MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
STORAGES, SECURE_CSP = use_cdn(STORAGES, SECURE_CSP)
{%- if cookiecutter.use_s3 is yes %}
STORAGES, SECURE_CSP = use_bucket(STORAGES, SECURE_CSP, static=STATIC_FILES == "bucket")
{%- endif %}

# Only proxies in these networks can set the client's IP address and scheme.
TRUSTED_PROXIES = env.parse(
    "TRUSTED_PROXIES", parsers.networks, default=parsers.networks("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8")
)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# HTTPS only
# https://docs.djangoproject.com/en/6.1/topics/security/#ssl-https
SECURE_SSL_REDIRECT = True
# Start with an hour, as browsers cannot be told to forget it. README.md says how to increase it.
SECURE_HSTS_SECONDS = env.parse("SECURE_HSTS_SECONDS", parsers.integer(0), default=3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
# HSTS for subdomains, HSTS preloading, and a site without email are allowed to be off.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "mail.E001"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
# Browsers accept cookies with these prefixes over HTTPS only, and `__Host-` from this host only.
# https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_NAME = "__Secure-language"

LOG_LEVEL = env.parse("LOG_LEVEL", parsers.log_level, default=logging.INFO)
# gunicorn.conf.py uses it as well.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "{{ cookiecutter.django_project_name }}.core.json_logging.JsonFormatter"},
        "text": {"()": "{{ cookiecutter.django_project_name }}.core.json_logging.TextFormatter"},
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
        # Use the root's handlers and level instead of Django's.
        "django": {"handlers": [], "level": "NOTSET"},
        # Bots send requests for other hosts all day; the request's own line has the status 400.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "gunicorn.error": {"propagate": True},
        # core/middleware.py logs requests.
        "gunicorn.access": {"level": "WARNING"},
    },
}
{%- if cookiecutter.use_sentry_for_error_reporting is yes %}

if start_sentry():
    MIDDLEWARE += ["{{ cookiecutter.django_project_name }}.config.integrations.sentry.sentry_user"]
{%- endif %}

env.check()
