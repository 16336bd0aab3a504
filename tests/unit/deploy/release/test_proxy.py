"""The proxy: what its program is told, and maintenance, whose record decides."""

import json
import re

import pytest

from support.projects import DEFAULTS, NGINX

EITHER = pytest.mark.parametrize("combination", [DEFAULTS, DEFAULTS | {NGINX}], ids=["caddy", "nginx"])


def jobs(swarm):
    """Return the commands that started jobs of the proxy, the newest last."""
    words = [" ".join(words) for words in swarm.commands if words[:2] == ("service", "create")]
    return [line for line in words if "MAINTENANCE=" in line]


@EITHER
def test_maintenance(swarm, run, project):
    name = "nginx" if (project / "deployment/nginx").is_dir() else "caddy"
    assert run("setup")[0] == 0
    status, printed = run("maintenance")
    assert status == 0
    assert "MAINTENANCE=on" in jobs(swarm)[-1]
    assert "make maintenance-off" in run("status")[1]
    # a node on which the proxy is configured later follows as well
    assert run("deploy-stack", f"STACK={name}")[0] == 0
    assert "MAINTENANCE=on" in jobs(swarm)[-1]
    # the smoke test passes it as an operator does
    bypass = re.search(r"BYPASS=(\S+)", jobs(swarm)[-1])[1]
    assert f"https://localhost/?maintenance_bypass={bypass}\n" in printed
    swarm.commands.clear()
    assert run("deploy", version="v2")[0] == 0
    asked = [json.loads(words[-1]) for words in swarm.commands if words[0] == "exec" and "python" in words]
    assert {(words[0], words[-1]) for words in asked} == {(name, f"maintenance_bypass={bypass}")}
    assert run("maintenance", "--off")[0] == 0
    assert "MAINTENANCE=off" in jobs(swarm)[-1]


@pytest.mark.parametrize("combination", [DEFAULTS | {NGINX}], ids=["nginx"])
def test_nginx_and_what_gives_it_certificates(swarm, run):
    status, printed = run("setup")
    assert status == 0, printed
    assert {"site_nginx", "site_certbot"} <= set(swarm.services)
    assert "site_caddy" not in swarm.services
    built = [words[words.index("--tag") + 1].partition(":")[0] for words in swarm.commands if words[0] == "build"]
    assert built == ["site-backups", "site-certbot", "site"]
    assert run("deploy", "--check")[0] == 0


@EITHER
def test_hosts(swarm, run):
    typed = ("WWW_REDIRECT=yes", "DOMAIN_ALIASES=a.example, *.b.example")
    assert run("setup", *typed)[0] == 0
    told = next(line for line in jobs(swarm) if "RELOAD=no" in line)
    assert "SITE_HOSTS=localhost www.localhost a.example *.b.example" in told
    status, printed = run("setup", "DOMAIN_ALIASES=a.*")
    assert status == 1
    assert "DOMAIN_ALIASES: 'a.*' is not a host name" in printed


def test_a_new_certificate_of_ones_own_restarts_nothing(swarm, run, monkeypatch):
    assert run("setup")[0] == 0
    tasks = len(swarm.tasks["site_caddy"])
    monkeypatch.setenv("DDPT_TLS_CERTIFICATE", "PEM")
    status, printed = run("rotate-secret", "NAME=TLS_CERTIFICATE")
    assert status == 0, printed
    assert "--secret source=site_TLS_CERTIFICATE_1,target=TLS_CERTIFICATE" in jobs(swarm)[-1]
    assert "RELOAD=yes" in jobs(swarm)[-1]
    assert len(swarm.tasks["site_caddy"]) == tasks


@pytest.mark.parametrize("combination", [DEFAULTS | {NGINX}], ids=["nginx"])
def test_what_nginx_keeps_on_disk_needs_no_memory(run):
    assert run("setup", "MAX_UPLOAD=1GB")[0] == 0


def test_a_project_without_a_proxy_says_so(run, project):
    (project / "deployment/caddy/configure").unlink()
    status, printed = run("setup")
    assert status == 1
    assert "No stack has a program configure in a folder of its name" in printed
