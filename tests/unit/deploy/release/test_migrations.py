"""The migration job follows from Django's service."""

import copy
import re

from ddpt_deploy.release import migrations
from ddpt_deploy.site import releases


def test_the_job_has_what_django_has(site, run):
    assert run("setup")[0] == 0
    job = migrations.migration_job(site, releases.candidate(site, "v2", "site:v2-1", "sha256:0"))
    assert job.image == "site:v2-1"
    assert job.environment["DJANGO_SETTINGS_MODULE"] == "project_name.config.production"
    assert job.environment["RELEASE"] == "v2"
    assert job.environment["LOG_LEVEL"] == "INFO"
    assert job.environment["DATABASE_URL"] == (
        "postgres://site_1@postgres:5432/site?options=-c%20statement_timeout%3D600s"
    )
    assert job.secrets["DATABASE_PASSWORD"] == "site_DATABASE_PASSWORD_1"
    assert job.memory == str(512 * 1024**2)
    assert job.arguments("site")[-3:] == ["site:v2-1", "manage.py", "migrate_release"]


def test_options_of_the_url_stay(site, run):
    assert run("setup")[0] == 0
    file = site.folder / "stacks/django.yml"
    file.write_text(re.sub(r"DATABASE_URL: .*", "DATABASE_URL: postgres://u@db/n?options=-c%20x%3D1", file.read_text()))
    job = migrations.migration_job(site, releases.candidate(site, "v2", "site:v2-1", "sha256:0"))
    assert job.environment["DATABASE_URL"] == "postgres://u@db/n?options=-c%20x%3D1"


def test_a_job_on_a_node_that_is_down_is_not_waited_for(site, run, swarm):
    """Nobody knows what became of it, and a deploy on the nodes that are left is what is needed now."""
    assert run("setup")[0] == 0
    swarm.nodes.append(copy.deepcopy(swarm.nodes[0]) | {"ID": "failed", "Status": {"State": "down"}})
    swarm.tasks["site_migrate"][0]["NodeID"] = "failed"
    assert migrations.migrate(site, releases.candidate(site, "v2", "site:v2-1", "sha256:0"))
