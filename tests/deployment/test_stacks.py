"""Stack files, and what is added to them."""

import tomllib

import yaml
from deploy import stack
from deploy.stack import Keys

from projects import EVERYTHING, NOTHING


def test_services_of_a_file(baked):
    text = (baked(EVERYTHING) / "deployment/docker-stack.django.yml").read_text()
    assert stack.service_names(text) == ["django"]
    assert stack.service_names("x: 1\nservices:\n  web:\n    image: a\n\n  # more\n  worker:\n    image: a\nnetworks:\n  n:\n") == [
        "web",
        "worker",
    ]  # fmt: skip


def test_dollars_reach_django_as_they_are():
    added = stack.override(["django"], Keys({}, {"SENTRY_DSN": "site_SENTRY_DSN_1"}), {"NAME": "a$b"})
    assert added["services"]["django"]["environment"] == {"NAME": "a$$b"}
    assert added["services"]["django"]["secrets"] == [{"source": "SENTRY_DSN", "target": "SENTRY_DSN"}]
    assert added["secrets"] == {"SENTRY_DSN": {"external": True, "name": "site_SENTRY_DSN_1"}}


def test_every_service_is_limited_and_shut_in(baked):
    for combination in (EVERYTHING, NOTHING):
        for file in (baked(combination) / "deployment").glob("docker-stack.*.yml"):
            for name, service in yaml.safe_load(file.read_text())["services"].items():
                assert service["read_only"] is True, name
                assert service["cap_drop"] == ["ALL"], name
                assert "memory" in service["deploy"]["resources"]["limits"], name
                assert "pids" in service["deploy"]["resources"]["limits"], name
                assert service["logging"]["options"]["max-size"] == "10m", name
                assert service.get("deploy", {}).get("endpoint_mode", "dnsrr") == "dnsrr", name
                if name != "caddy":
                    assert "ports" not in service, name


def test_migrations_need_no_mail_server_where_mailgun_sends(baked):
    """They load the settings of production, which want EMAIL_HOST or this key."""
    secrets = tomllib.loads((baked(EVERYTHING) / "deployment/secrets.toml").read_text())
    assert {"django", "migrate"} <= set(secrets["MAILGUN_API_KEY"]["services"])
