"""URLs of accounts: Django's views, and those of this app.

https://docs.djangoproject.com/en/6.1/topics/auth/default/#module-django.contrib.auth.views
"""

from django.contrib.auth import urls
{%- if cookiecutter.log_in_with == "email" %}
from django.contrib.auth.views import LoginView
{%- endif %}
from django.urls import path

{% if cookiecutter.log_in_with == "email" -%}
from .forms import LoginForm
{% endif -%}
from .views import PasswordResetDoneView, PasswordResetView

urlpatterns = [
{%- if cookiecutter.log_in_with == "email" %}
    path("login/", LoginView.as_view(authentication_form=LoginForm), name="login"),
{%- endif %}
    path("password_reset/", PasswordResetView.as_view(), name="password_reset"),
    path("password_reset/done/", PasswordResetDoneView.as_view(), name="password_reset_done"),
    *urls.urlpatterns,
]
