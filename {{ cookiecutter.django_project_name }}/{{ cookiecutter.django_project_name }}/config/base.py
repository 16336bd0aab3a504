"""Settings for all environments; ``local``, ``production`` and ``test`` extend them.

https://docs.djangoproject.com/en/6.1/ref/settings/
"""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from django.conf import global_settings
from django.utils.csp import CSP

from . import parsers
from .env import env
{%- if cookiecutter.use_admin_theme is yes %}
from .integrations.admin_theme import UNFOLD as UNFOLD
{%- endif %}

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# Shown on pages and in emails
PROJECT_NAME = {{ cookiecutter.project_name | python }}
PROJECT_DESCRIPTION = {{ cookiecutter.description | python }}

INSTALLED_APPS = [
    "{{ cookiecutter.django_project_name }}.core",
    "{{ cookiecutter.django_project_name }}.users",
{%- if cookiecutter.use_admin_theme is yes %}
    # Before the admin, whose templates it overrides
    "unfold.apps.BasicAppConfig",
    "{{ cookiecutter.django_project_name }}.core.admin_config.AdminConfig",
{%- else %}
    "django.contrib.admin",
{%- endif %}
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "{{ cookiecutter.django_project_name }}.core.health.health",
    # Before the others, of which a static file needs none
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "{{ cookiecutter.django_project_name }}.core.middleware.trusted_proxy",
    "{{ cookiecutter.django_project_name }}.core.middleware.request_log",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "{{ cookiecutter.django_project_name }}.users.middleware.ThrottledMiddleware",
]

ROOT_URLCONF = "{{ cookiecutter.django_project_name }}.config.urls"

WSGI_APPLICATION = "{{ cookiecutter.django_project_name }}.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "{{ cookiecutter.django_project_name }}.core.context_processors.project",
            ],
        },
    },
]

# Seconds that a statement of a request may take on PostgreSQL; 0 for no limit. Commands have no limit.
DATABASE_STATEMENT_TIMEOUT = env.parse("DATABASE_STATEMENT_TIMEOUT", parsers.integer(0, 86400), default=30)
# Set it if DATABASE_URL is that of a pooler in transaction mode, such as PgBouncer.
# https://docs.djangoproject.com/en/6.1/ref/databases/#transaction-pooling-server-side-cursors
DATABASE_TRANSACTION_POOLING = env.bool("DATABASE_TRANSACTION_POOLING", default=False)

# Not in the cache as well: a logout while the cache is down would be undone when it is back.
# https://docs.djangoproject.com/en/6.1/topics/http/sessions/#using-database-backed-sessions
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# Path of the admin. Bots try the default one.
ADMIN_URL = env.parse("ADMIN_URL", parsers.url_path, default="admin/")

# Networks of proxies whose X-Forwarded-For and X-Forwarded-Proto headers are used
TRUSTED_PROXIES: list[IPv4Network | IPv6Network] = []

# Users and passwords
# https://docs.djangoproject.com/en/6.1/topics/auth/passwords/
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["{{ cookiecutter.django_project_name }}.users.backends.ThrottledBackend"]
PASSWORD_HASHERS = [
    "{{ cookiecutter.django_project_name }}.users.hashers.Argon2PasswordHasher",
    # Older hashes are replaced at the next login.
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# Limits of attempts, and the period each is counted in. Failed logins are counted by username and IP address together,
# so that nobody can lock out others. The wider limits slow down attackers with many addresses or many usernames.
# https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#login-throttling
THROTTLES = {
    "login": (10, timedelta(minutes=15)),
    "login_by_user": (100, timedelta(minutes=15)),
    "login_by_address": (100, timedelta(minutes=15)),
    "password_change": (10, timedelta(minutes=15)),
    "password_reset_by_address": (20, timedelta(hours=1)),
    "password_reset_by_mailbox": (3, timedelta(hours=1)),
}

# Tasks run in a thread of the process that enqueues them.
# https://docs.djangoproject.com/en/6.1/topics/tasks/
TASKS = {"default": {"BACKEND": "{{ cookiecutter.django_project_name }}.core.task_backend.ThreadBackend"}}

# Languages and time
# https://docs.djangoproject.com/en/6.1/topics/i18n/
LANGUAGE_CODE = "{{ cookiecutter.language_code }}"
LANGUAGES = [(code, name) for code, name in global_settings.LANGUAGES if code in {LANGUAGE_CODE, "en"}]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "{{ cookiecutter.timezone }}"

# Static files of the project, and media files that users upload
# https://docs.djangoproject.com/en/6.1/howto/static-files/
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Pages load nothing from other hosts, and run no inline scripts or styles.
# https://docs.djangoproject.com/en/6.1/topics/security/#content-security-policy
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}

# https://github.com/adamchainz/django-permissions-policy
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "accelerometer": [],
    "browsing-topics": [],
    "camera": [],
    "display-capture": [],
    "geolocation": [],
    "gyroscope": [],
    "magnetometer": [],
    "microphone": [],
    "payment": [],
    "usb": [],
}
