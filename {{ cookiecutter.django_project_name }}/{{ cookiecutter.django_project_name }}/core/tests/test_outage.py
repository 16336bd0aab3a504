"""An outage of Redis costs speed, and nothing else."""

from django.test import override_settings
from django.urls import reverse

from {{ cookiecutter.django_project_name }}.users.tests.factories import PASSWORD


def test_nobody_is_logged_out_when_redis_stops(logged_in, user, stopped_redis):
    with override_settings(CACHES={"default": stopped_redis}):
        response = logged_in.get(reverse("home"))
        assert response.status_code == 200
        assert user.get_full_name() in response.text


def test_people_log_in_and_out_while_redis_is_down(client, user, stopped_redis):
    with override_settings(CACHES={"default": stopped_redis}):
        client.post(reverse("login"), {"username": user.get_username(), "password": PASSWORD})
        assert user.get_full_name() in client.get(reverse("home")).text
        client.post(reverse("logout"))
        assert user.get_full_name() not in client.get(reverse("home")).text
