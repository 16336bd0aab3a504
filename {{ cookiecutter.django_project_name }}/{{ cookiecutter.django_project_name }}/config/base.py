"""Settings that are the same everywhere; ``local``, ``production`` and ``test`` add the rest.

https://docs.djangoproject.com/en/6.1/ref/settings/
"""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from django.conf import global_settings
from django.utils.csp import CSP

from . import parsers
{%- if cookiecutter.use_admin_theme is yes %}
from .admin_theme import UNFOLD as UNFOLD
{%- endif %}
from .env import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# What people read on the pages and in mails.
PROJECT_NAME = {{ cookiecutter.project_name | python }}
PROJECT_DESCRIPTION = {{ cookiecutter.description | python }}

INSTALLED_APPS = [
    "{{ cookiecutter.django_project_name }}.core",
    "{{ cookiecutter.django_project_name }}.users",
{%- if cookiecutter.use_admin_theme is yes %}
    # The theme's templates must be found before the admin's own.
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
    "{{ cookiecutter.django_project_name }}.core.middleware.trusted_proxy",
    "{{ cookiecutter.django_project_name }}.core.middleware.request_log",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
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

# Seconds after which PostgreSQL ends a statement of a request; 0 for never. Commands have no limit.
DATABASE_STATEMENT_TIMEOUT = env.parse("DATABASE_STATEMENT_TIMEOUT", parsers.integer(0, 86400), default=30)
# Whether DATABASE_URL leads to PgBouncer, or a pooler like it, which gives a client another connection in each transaction.
# https://docs.djangoproject.com/en/6.1/ref/databases/#transaction-pooling-server-side-cursors
DATABASE_TRANSACTION_POOLING = env.bool("DATABASE_TRANSACTION_POOLING", default=False)

# Not in the cache as well: what a logout could not delete there in an outage would be back after it.
# https://docs.djangoproject.com/en/6.1/topics/http/sessions/#using-database-backed-sessions
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# Where the admin is; an address of one's own keeps its login page out of the way of robots.
ADMIN_URL = env.parse("ADMIN_URL", parsers.url_path, default="admin/")

# Networks whose proxies are believed when they tell the client's address and scheme.
TRUSTED_PROXIES: list[IPv4Network | IPv6Network] = []

# Users and passwords
# https://docs.djangoproject.com/en/6.1/topics/auth/passwords/
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["{{ cookiecutter.django_project_name }}.users.backends.ThrottledBackend"]
PASSWORD_HASHERS = [
    "{{ cookiecutter.django_project_name }}.users.hashers.Argon2PasswordHasher",
    # Hashes of before are read, and replaced at the next login.
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

# How often something may be tried, and in which time. Failed logins are counted by user name with address, so that
# nobody locks out others; the wide limits slow down those who have many addresses, or many user names.
# https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#login-throttling
THROTTLES = {
    "login": (10, timedelta(minutes=15)),
    "login_by_user": (100, timedelta(minutes=15)),
    "login_by_address": (100, timedelta(minutes=15)),
    "password_change": (10, timedelta(minutes=15)),
    "password_reset_by_address": (20, timedelta(hours=1)),
    "password_reset_by_mailbox": (3, timedelta(hours=1)),
}

# What takes long or tells something by its time is done outside of requests.
# https://docs.djangoproject.com/en/6.1/topics/tasks/
TASKS = {"default": {"BACKEND": "{{ cookiecutter.django_project_name }}.core.task_backend.ThreadBackend"}}

# Languages and time
# https://docs.djangoproject.com/en/6.1/topics/i18n/
LANGUAGE_CODE = "{{ cookiecutter.language_code }}"
LANGUAGES = [(code, name) for code, name in global_settings.LANGUAGES if code in {LANGUAGE_CODE, "en"}]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "{{ cookiecutter.timezone }}"

# Static files are what the project ships, media what people upload.
# https://docs.djangoproject.com/en/6.1/howto/static-files/
STATIC_URL = "/static/"
MEDIA_URL = "/media/"

# Browsers load nothing from elsewhere, and run nothing that is written inside a page.
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
