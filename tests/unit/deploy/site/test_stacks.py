"""Stack files: found, read by Docker, and what is added to them."""

import json
import re

import pytest
import yaml

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import stacks
from support.fake_swarm import recorded
from support.projects import EVERYTHING, NGINX, NOTHING

SEARCH = """services: # with a comment, which a regular expression would stumble over
  search:
    image: search:1
    deploy: {replicas: 1}
"""
OPTIONAL = """services:
  metrics:
    image: metrics:1-alpine
    configs: [{source: rules, target: /rules.yml}]
    deploy: {replicas: 1}
configs:
  rules:
    file: rules/rules.yml
"""
WORKER = """services:
    worker:
        image: ${DJANGO_IMAGE}
        deploy: {labels: {deploy.release: "${RELEASE}"}}
"""


def answered(swarm, name):
    """Let docker compose answer as a real one did, to a file of the same text."""
    answer = recorded("stack_files")[name]
    swarm._compose = lambda *arguments: (answer["status"], answer["printed"], answer["error"])
    return answer["text"]


@pytest.mark.parametrize(
    ("name", "services"),
    [("comment", ["web"]), ("deep", ["web"]), ("windows", ["web"]), ("anchor", ["web", "worker"]), ("dollar", ["web"])],
)
def test_a_file_of_any_style_is_read(swarm, site, name, services):
    found = stacks.read(site, "web", answered(swarm, name), {"TAG": "2"})
    assert list(found.services) == services
    assert found.is_application == (name == "dollar")
    if name == "dollar":
        assert found.services["web"]["environment"] == {"A": "b$c"}


@pytest.mark.parametrize(
    ("name", "message"),
    [("empty", "names no services"), ("no services", "names no services"), ("invalid", "is invalid")],
)
def test_a_file_without_services_is_refused(swarm, site, name, message):
    with pytest.raises(DeployError, match=message):
        stacks.read(site, "web", answered(swarm, name), {})


def test_dollars_reach_django_as_they_are(swarm, site, run):
    with (site.folder / "production.env").open("a") as file:
        file.write("NAME=a$b${c}\n")
    assert run("setup")[0] == 0
    assert "NAME=a$b${c}" in swarm.services["site_django"]["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]


def test_the_swarm_is_told_in_its_own_format(swarm, site):
    """By a file of the kinds of values that the two commands write differently, as a real docker compose reads it."""
    stack = stacks.read(site, "web", answered(swarm, "formats"), {})
    told = {}
    swarm._stack = lambda arguments, stdin, variables: (told.update(json.loads(stdin)) or 0, "", "")
    stacks.apply(site, stack, {}, {"web": "web@sha256:1"})
    web = told["services"]["web"]
    assert web["image"] == "web@sha256:1"
    assert [(port["published"], port["protocol"]) for port in web["ports"]] == [(443, "tcp"), (443, "udp")]
    assert web["volumes"][0]["tmpfs"]["size"] == 1048576
    assert web["deploy"]["resources"]["limits"] == {"cpus": "0.5", "memory": "67108864"}
    assert web["configs"][0]["mode"] == 0o440
    assert web["extra_hosts"] == ["db:10.0.0.1"]
    assert not {"command", "depends_on"} & web.keys()
    assert not {"name", "x-note"} & told.keys()


def test_an_unknown_variable_is_an_error_and_a_line_of_production_env_none(swarm, site, run):
    (site.folder / "stacks/search.yml").write_text(SEARCH.replace("search:1", "search:${SEARCH_VERSION}"))
    with pytest.raises(
        DeployError, match=r"search.yml names the variable SEARCH_VERSION(.|\n)*→ .*SEARCH_VERSION= into production.env"
    ):
        stacks.get(site, "search")
    with (site.folder / "production.env").open("a") as file:
        file.write("SEARCH_VERSION=7\n")
    swarm.images.add("search:7")
    assert run("deploy-stack", "STACK=search")[0] == 0
    assert swarm.image("site_search") == "search:7"


def test_an_image_of_ones_own_is_built_whenever_its_folder_has_changed(swarm, site, run):
    (site.folder / "stacks/search.yml").write_text(SEARCH.replace("search:1", "${SEARCH_IMAGE}"))
    folder = site.folder / "search"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM search:1\n")
    assert run("setup")[0] == 0
    for content, built in (("FROM search:1\n", False), ("FROM search:2\n", True)):
        swarm.commands.clear()
        (folder / "Dockerfile").write_text(content)
        assert run("deploy-stack", "--stack", "search")[0] == 0
        assert any(words[0] == "build" and words[-1] == str(folder) for words in swarm.commands) == built


def test_a_stack_of_the_teams_own(swarm, site, run):
    """For nothing more than a file: deploy, status, logs, secrets and removal."""
    (site.folder / "stacks/search.yml").write_text(SEARCH)
    with (site.folder / "secrets.toml").open("a") as file:
        file.write(
            '\n[SEARCH_KEY]\nabout = "lets Django into the search"\ngenerate = true\nstacks = ["search", "django"]\n'
        )
    swarm.images.add("search:1")
    assert run("setup")[0] == 0
    for name in ("search", "django"):
        secrets = swarm.services[f"site_{name}"]["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
        assert {"File": {"Name": "SEARCH_KEY"}, "SecretName": "site_SEARCH_KEY_1"} in secrets
    assert "search     healthy  1 of 1" in run("status")[1]
    swarm.logs["site_search"] = "found\n"
    assert "found" in run("logs", "SERVICE=search")[1]
    (site.folder / "stacks/search.yml").write_text(SEARCH.replace("search:1", "search:2"))
    swarm.images.add("search:2")
    assert run("deploy-stack", "STACK=search")[0] == 0
    assert swarm.image("site_search") == "search:2"
    assert run("rotate-secret", "NAME=SEARCH_KEY")[0] == 0
    assert "site_SEARCH_KEY_2" in str(swarm.services["site_search"])
    assert run("stack-rm", "EVERYTHING=1", "CONFIRM=site")[0] == 0
    assert swarm.services == {}
    assert swarm.stored == {"config": {}, "secret": {}}


def test_an_optional_stack_belongs_to_the_site_once_it_is_deployed(swarm, site, run):
    (site.folder / "stacks/extra").mkdir()
    (site.folder / "stacks/extra/metrics.yml").write_text(OPTIONAL)
    swarm.images |= {"metrics:1-alpine", "metrics:2-alpine"}
    assert run("setup")[0] == 0
    assert "site_metrics" not in swarm.services
    assert "rules/rules.yml" in run("deploy-stack", "STACK=metrics")[1]
    (site.folder / "rules").mkdir()
    (site.folder / "rules/rules.yml").write_text("one\n")
    assert run("deploy-stack", "STACK=metrics")[0] == 0
    assert re.search(r"^metrics +healthy +1 of 1", run("status")[1], re.MULTILINE)
    (site.folder / "stacks/extra/metrics.yml").write_text(OPTIONAL.replace("metrics:1", "metrics:2"))
    assert run("setup")[0] == 0
    assert swarm.image("site_metrics") == "metrics:2-alpine"
    (site.folder / "rules/rules.yml").write_text("two\n")
    assert re.search(r"^rules/rules.yml +make deploy-metrics$", run("status")[1], re.MULTILINE)


def test_a_config_that_is_a_file_of_the_project_is_named_by_its_content(swarm, site, run):
    (site.folder / "stacks/metrics.yml").write_text(OPTIONAL)
    (site.folder / "rules").mkdir()
    swarm.images.add("metrics:1-alpine")
    stored = []
    for content in ("one", "two", "one"):
        (site.folder / "rules/rules.yml").write_text(content)
        before = set(swarm.stored["config"])
        stacks.apply(site, stacks.get(site, "metrics"), {}, {})
        stored.append(set(swarm.stored["config"]) - before)
    assert [len(names) for names in stored] == [1, 1, 0]
    # so `make prune` removes it when nothing uses it any more
    assert {config["Spec"]["Labels"]["deploy.kind"] for config in swarm.stored["config"].values()} == {"file"}


def test_a_stack_with_the_label_is_rolled_out_and_back_with_django(swarm, site, run):
    (site.folder / "stacks/worker.yml").write_text(WORKER)

    def images():
        return {swarm.image(f"site_{name}").partition("-")[0] for name in ("django", "worker")}

    assert run("setup")[0] == 0
    assert images() == {"site:v1"}
    swarm.fate["site_worker", "site:v2"] = "crashes"
    assert run("deploy", version="v2")[0] == 1
    assert images() == {"site:v1"}
    assert run("deploy", version="v3")[0] == 0
    assert images() == {"site:v3"}
    assert run("rollback")[0] == 0
    assert images() == {"site:v1"}


def test_a_file_that_cannot_be_read_stops_a_deploy(swarm, site, run):
    assert run("setup")[0] == 0
    (site.folder / "stacks/redis.yml").write_text("services: [\n")
    status, printed = run("deploy", version="v2")
    assert status == 1
    assert "stacks/redis.yml: failed to parse" in printed


def test_every_service_is_limited_and_shut_in(baked):
    for combination in (EVERYTHING, NOTHING, NOTHING | {NGINX}):
        for file in (baked(combination) / "deployment/stacks").rglob("*.yml"):
            for name, service in yaml.safe_load(file.read_text())["services"].items():
                assert service["read_only"] is True, name
                assert service["cap_drop"] == ["ALL"], name
                assert "memory" in service["deploy"]["resources"]["limits"], name
                assert "pids" in service["deploy"]["resources"]["limits"], name
                assert service["logging"]["options"]["max-size"] == "10m", name
                assert service.get("deploy", {}).get("endpoint_mode", "dnsrr") == "dnsrr", name
                if name not in {"caddy", "nginx"}:
                    assert "ports" not in service, name
