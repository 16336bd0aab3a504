"""The files of the monitoring, as the tools in its images read them."""

import json
import re
import subprocess

import pytest
import yaml

from support.engine import docker
from support.processes import run
from support.projects import NOTHING

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("monitoring-files")]

EMAIL = {
    "ADMINS": "Ada O'Neill <ada@example.com>,joe@example.com",
    "EMAIL_HOST": "smtp.example.com",
    "EMAIL_PORT": "587",
}


@pytest.fixture(scope="module")
def deployment(engine, baked):
    """The folder deployment/ of a project, where the images of its monitoring are there."""
    folder = baked(NOTHING) / "deployment"
    for name in ("prometheus", "alertmanager"):
        if not docker("image", "ls", "--quiet", image(folder, name)):
            pytest.skip(f"the image {image(folder, name)} is not there: docker pull {image(folder, name)}")
    return folder


def image(deployment, name):
    return re.search(r"image: (\S+)", (deployment / f"stacks/monitoring/{name}.yml").read_text())[1]


def test_each_alert_has_a_test_that_goes_well(deployment):
    status, printed = run("make", "monitoring-check", cwd=deployment)
    assert status == 0, printed
    assert "SUCCESS: 24 rules found" in printed
    alerts = set(re.findall(r"alert: (\w+)", (deployment / "monitoring/alerts.yml").read_text()))
    tested = (deployment / "monitoring/alerts-test.yml").read_text()
    assert {name for name in alerts if f"labels: '{{alertname=\"{name}\"}}'" not in tested} == set()


def test_each_alert_says_what_it_means_and_what_to_type(deployment):
    for group in yaml.safe_load((deployment / "monitoring/alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"].keys() == {"summary", "description"}
            assert re.search("`(make|docker|du) ", rule["annotations"]["description"]), rule["alert"]


def test_commands_that_alerts_name_exist(deployment):
    makefile = (deployment / "Makefile").read_text()
    stacks = {f"deploy-{path.stem}" for path in (deployment / "stacks").rglob("*.yml")}
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) | stacks
    text = (deployment / "monitoring/alerts.yml").read_text()
    # a label names the service that an alert is about
    text = re.sub(r"\{\{ .*?\$labels\.(service|proxy).*? \}\}", "caddy", text)
    named = set(re.findall(r"`make ([a-z-]+)", text))
    assert named <= targets


def test_dashboards_are_those_that_grafana_is_given(deployment):
    stack = yaml.safe_load((deployment / "stacks/monitoring/grafana.yml").read_text())
    given = {one["file"] for one in stack["configs"].values() if one["file"].endswith(".json")}
    assert given == {f"monitoring/dashboards/{path.name}" for path in (deployment / "monitoring/dashboards").iterdir()}
    for file in given:
        panels = json.loads((deployment / file).read_text())["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        assert all(target["expr"] for panel in panels for target in panel["targets"])


@pytest.fixture
def configured(deployment, tmp_path):
    """A function that has Alertmanager configured, and returns what its own tool says of that."""
    programs, secrets = tmp_path / "programs", tmp_path / "secrets"
    programs.mkdir()
    secrets.mkdir()
    (programs / "alertmanager").write_text(
        "#!/bin/sh\ncat /tmp/alertmanager.yml\namtool check-config /tmp/alertmanager.yml\n"
    )
    (programs / "alertmanager").chmod(0o755)

    def configured(webhook=False, **variables):
        names = ("ADMINS", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_USE_TLS", "DEFAULT_FROM_EMAIL")
        given = dict.fromkeys(names, "") | {"DOMAIN_NAME": "example.com"} | variables
        if webhook:
            (secrets / "ALERT_WEBHOOK_URL").write_text("https://chat.example.com/token")
        command = [
            "docker", "run", "--rm", "--network", "none", "--volume", f"{programs}:/programs:ro",
            "--volume", f"{secrets}:/run/secrets:ro", "--volume", f"{deployment}/monitoring/alertmanager.sh:/alertmanager.sh:ro",
            *(word for name, value in given.items() for word in ("--env", f"{name}={value}")),
            "--entrypoint", "sh", image(deployment, "alertmanager"), "-c", "PATH=/programs:$PATH exec sh /alertmanager.sh",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    return configured


@pytest.mark.parametrize(
    ("options", "receivers"),
    [
        (EMAIL, ["email_configs"]),
        ({"webhook": True}, ["webhook_configs"]),
        ({"webhook": True, "ADMINS": "ada@example.com", "EMAIL_HOST": "off"}, ["webhook_configs"]),
        (
            {**EMAIL, "webhook": True, "EMAIL_HOST_USER": "app", "EMAIL_USE_TLS": "yes"},
            ["email_configs", "webhook_configs"],
        ),
    ],
)
def test_alerts_go_to_whom_the_settings_name(configured, options, receivers):
    status, printed, errors = configured(**options)
    assert status == 0, printed + errors
    [operators] = yaml.safe_load(printed.partition("Checking")[0])["receivers"]
    assert [name for name in operators if name != "name"] == receivers
    for email in operators.get("email_configs", []):
        assert email["to"] == EMAIL["ADMINS"]
        assert email["from"] == "noreply@example.com"
        assert email["require_tls"] is (options.get("EMAIL_USE_TLS") == "yes")
        assert ("auth_password_file" in email) is ("EMAIL_HOST_USER" in options)
    assert "token" not in printed


def test_alerts_that_nobody_would_get_are_an_error(configured):
    status, _, errors = configured(ADMINS="ada@example.com", EMAIL_HOST="off")
    assert status == 1
    assert "Nobody would get the alerts" in errors
    assert "→ write ADMINS=" in errors
