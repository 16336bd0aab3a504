"""What `make export` writes: the services for Compose, the secrets, and nothing at all when it fails."""

import json
import runpy
import stat
import subprocess

import pytest
import yaml

from ddpt_deploy.docker import Docker
from support.projects import DEFAULTS, NGINX, SOURCE

FOR_COMPOSE = runpy.run_path(str(SOURCE / "deployment/export/write.py"))["for_compose"]

SNAPSHOTS = [
    {"time": f"2026-11-26T21:39:5{second}Z", "tags": ["20261126-213952", "release=v1", "kind=manual", kind, "verified"]}
    for second, kind in enumerate(["database", "files"])
]


@pytest.fixture
def running(swarm, run):
    """A site that is set up, and has a backup."""
    assert run("setup")[0] == 0
    swarm.logs["site_backup-list"] = json.dumps(SNAPSHOTS)
    return swarm


@pytest.mark.parametrize("combination", [DEFAULTS, DEFAULTS | {NGINX}])
def test_export_is_the_running_site(running, run, project, combination):
    status, printed = run("export")
    assert status == 0, printed
    folder = project / "deployment/site-export"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    found = yaml.safe_load((folder / "compose.yaml").read_text())
    stacks = {path.stem for path in (project / "deployment/stacks").glob("*.yml")}
    assert found["services"].keys() - {"configure", "restore"} == stacks
    for name in stacks:
        service = found["services"][name]
        assert service["image"] == running.services[f"site_{name}"]["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]
        assert service["deploy"].keys() <= {"replicas", "resources"}
        assert service["networks"]["site"]["aliases"] == [f"tasks.{name}"]
        assert "secrets" not in service
        assert service["restart"] == "unless-stopped"
    assert found["services"]["postgres"]["healthcheck"]["test"][0] == "CMD"
    assert found["services"]["scheduler"]["healthcheck"]["test"] == ["CMD", "true"]
    assert found["services"]["django"]["read_only"]
    assert found["networks"] == {"site": None}
    restore = found["services"]["restore"]
    assert {volume["target"] for volume in restore["volumes"] if volume["read_only"]} == {"/run/secrets"}
    assert "DAC_OVERRIDE" in restore["cap_add"]
    # the proxy's own program reads the settings
    assert found["services"]["configure"]["environment"]["DOMAIN_NAME"] == "localhost"


@pytest.mark.parametrize("combination", [DEFAULTS, DEFAULTS | {NGINX}])
def test_compose_reads_what_it_has_merged(running, run, project, combination, monkeypatch):
    """It is asked itself, which needs no engine."""

    def compose_itself(arguments, stdin, variables):
        done = Docker().execute(tuple(arguments), stdin, variables)
        return done.returncode, done.stdout, done.stderr

    try:
        subprocess.run(["docker", "compose", "version"], check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("there is no docker compose")
    monkeypatch.setattr(running, "_compose", compose_itself)
    status, printed = run("export")
    assert status == 0, printed
    folder = project / "deployment/site-export"
    assert not (folder / "compose.yml").exists()
    command = ["docker", "compose", "--profile", "*", "config", "--format", "json"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    assert "variable is not set" not in done.stderr
    found = json.loads(done.stdout)["services"]
    proxy = "nginx" if NGINX in combination else "caddy"
    assert found[proxy]["depends_on"].keys() == {"configure", "permissions"}
    assert {port["target"] for port in found[proxy]["ports"]} == {80, 443}
    assert found["configure"]["image"] == found[proxy]["image"]
    assert "999:django" in found["permissions"]["command"]
    assert found["permissions"]["entrypoint"][2].startswith('for one; do chown -R "$${one%:*}"')
    assert "/ensure_database.sql" in {volume["target"] for volume in found["postgres"]["volumes"]}
    assert found["postgres"]["environment"]["LOGIN"] == "site_1"
    assert found["django"]["deploy"]["resources"]["limits"]["memory"] == str(512 * 1024**2)
    # what is mounted from the folder is there
    mounts = [
        volume["source"] for service in found.values() for volume in service["volumes"] if volume["type"] == "bind"
    ]
    assert mounts
    for source in mounts:
        assert (folder / source).exists(), source


def test_secrets_are_files_that_their_owner_alone_can_read(running, run, project):
    assert run("export", "FOLDER=../away")[0] == 0
    files = [path for path in (project / "away/secrets").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o400}
    assert {f"{file.parent.name}/{file.name}" for file in files} == {
        "backups/POSTGRES_PASSWORD", "backups/RESTIC_PASSWORD", "django/DATABASE_PASSWORD", "django/REDIS_PASSWORD",
        "django/SECRET_KEY", "postgres/DATABASE_PASSWORD", "postgres/POSTGRES_PASSWORD", "redis/REDIS_PASSWORD",
        "scheduler/DATABASE_PASSWORD", "scheduler/REDIS_PASSWORD", "scheduler/SECRET_KEY",
    }  # fmt: skip
    assert (project / "away/secrets/django/SECRET_KEY").read_text() == "value of SECRET_KEY\n"
    assert (project / "away/.gitignore").read_text() == "*\n"


def test_files_of_a_stack_of_the_team_s_own_are_in_the_export(running, run, project):
    deployment = project / "deployment"
    (deployment / "search.conf").write_text("memory = 1G\n")
    (deployment / "stacks/search.yml").write_text(
        "services: {search: {image: 'redis:8-alpine', configs: [conf]}}\nconfigs: {conf: {file: ./search.conf}}\n"
    )
    assert run("deploy-stack", "STACK=search")[0] == 0
    status, printed = run("export", "FOLDER=out", "REDIS_MEMORY=256M")
    assert status == 0, printed
    found = yaml.safe_load((deployment / "out/compose.yaml").read_text())
    assert found["configs"]["conf"]["file"] == "./configs/conf"
    assert (deployment / "out/configs/conf").read_text() == "memory = 1G\n"
    assert "Changed and not applied, but in the export: stacks/redis.yml: make deploy-redis" in printed


def test_readme_names_the_backup_and_fits_two_pages(running, run, project):
    assert run("export")[0] == 0
    text = (project / "deployment/site-export/README.md").read_text()
    assert "run --rm restore restore 20261126-213952 site_restored" in text
    assert "${" not in text
    assert len(text.split()) < 1000


def test_failed_export_leaves_nothing(running, run, project, monkeypatch):
    monkeypatch.setattr(running, "attach", lambda *arguments, output: 1)
    assert run("export")[0] == 1
    assert not (project / "deployment/site-export").exists()
    (project / "deployment/site-export").mkdir()
    status, printed = run("export")
    assert status == 1
    assert "exists already" in printed
    assert "FOLDER=" in printed
    assert (project / "deployment/site-export").exists()


def test_networks_of_the_swarm_become_those_of_the_server():
    service = {"networks": {"site": None}, "depends_on": {"x": {}}, "deploy": {"mode": "global", "placement": {}}}
    found = FOR_COMPOSE("web", {**service, "ports": [{"target": 80, "mode": "host"}]})
    assert found["ports"] == [{"target": 80}]
    assert found["deploy"] == {}
    assert list(found["depends_on"]) == ["x", "permissions"]
