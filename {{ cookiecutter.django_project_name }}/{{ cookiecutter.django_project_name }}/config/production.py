"""Settings for servers: safe by default, and every missing variable is named at once.

https://docs.djangoproject.com/en/6.1/howto/deployment/checklist/
"""

import logging
from email.utils import formataddr

from django.conf import global_settings

from .base import *
from .env import env
{%- if cookiecutter.use_mailgun is yes %}
from .mailgun import mailgun
{%- endif %}
{%- if cookiecutter.use_s3 is yes %}
from .s3 import s3_policy, s3_storages
{%- endif %}
{%- if cookiecutter.use_sentry_for_error_reporting is yes %}
from .sentry import start_sentry
{%- endif %}
from .services import database, redis_cache, smtp

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
# Keys of before: what they signed stays valid, so that a new key logs nobody out.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

DOMAIN_NAME = env.str("DOMAIN_NAME", default="{{ cookiecutter.domain_name }}")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[DOMAIN_NAME])

DATABASES = {"default": database()}
CACHES = {"default": redis_cache(env.str("REDIS_URL"))}

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=formataddr((PROJECT_NAME, f"noreply@{DOMAIN_NAME}")))
SERVER_EMAIL = DEFAULT_FROM_EMAIL
{%- if cookiecutter.use_mailgun is yes %}
mailgun_api_key = env.str("MAILGUN_API_KEY", default=None)
MAILERS = {"default": mailgun(mailgun_api_key) if mailgun_api_key else smtp(env.str("EMAIL_HOST"))}
{%- else %}
MAILERS = {"default": smtp(env.str("EMAIL_HOST"))}
{%- endif %}

STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "media")
STORAGES = global_settings.STORAGES | {
    # Names with a hash of the content, cached for ever, and compressed beforehand.
    # https://whitenoise.readthedocs.io/en/stable/django.html#add-compression-and-caching-support
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
{%- if cookiecutter.use_s3 is yes %}
if bucket_name := env.str("S3_BUCKET_NAME", default=None):
    STORAGES |= s3_storages(bucket_name)
    SECURE_CSP = s3_policy(SECURE_CSP, bucket_name)
{%- endif %}

# Requests come through a proxy, which alone is believed when it tells the client's address and scheme.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"])
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# HTTPS only
# https://docs.djangoproject.com/en/6.1/topics/security/#ssl-https
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
# Browsers take a cookie of such a name from this host alone, over HTTPS alone.
# https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_NAME = "__Secure-language"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "{{ cookiecutter.django_project_name }}.core.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
    },
    "root": {"handlers": ["console"], "level": env.log_level("LOG_LEVEL", default=logging.INFO)},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # Below that, four lines for each login.
        "axes": {"level": "WARNING"},
        # Robots ask for hosts that are not ours all day; the line of the request says so, with its status 400.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
{%- if cookiecutter.use_sentry_for_error_reporting is yes %}

start_sentry()
{%- endif %}

env.check()
