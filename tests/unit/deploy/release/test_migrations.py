"""The migration job follows from Django's service."""

import copy

from ddpt_deploy.release import migrations
from ddpt_deploy.site import releases


def test_the_job_has_what_django_has(site, run):
    assert run("setup")[0] == 0
    candidate = releases.candidate(site, "v2", "site:v2-1", "sha256:0")
    job = migrations.django_job(site, candidate, "migrate", ["python", "manage.py", "migrate_release"])
    assert job.image == "site:v2-1"
    assert job.environment["DJANGO_SETTINGS_MODULE"] == "project_name.config.production"
    assert job.environment["RELEASE"] == "v2"
    assert job.environment["LOG_LEVEL"] == "INFO"
    assert job.environment["DATABASE_URL"] == "postgres://site_1@postgres:5432/site"
    assert job.secrets["DATABASE_PASSWORD"] == "site_DATABASE_PASSWORD_1"
    assert job.memory == str(512 * 1024**2)
    assert job.volumes == {"/srv/media": "media"}
    assert job.arguments("site")[-3:] == ["site:v2-1", "manage.py", "migrate_release"]


def test_the_job_ends_by_itself_where_nobody_watches_it(site, run, swarm):
    assert run("setup")[0] == 0
    [started] = [words for words in swarm.commands if "--name" in words and "site_migrate" in words]
    # a minute after MIGRATION_TIMEOUT, which ends it before that as long as this computer is there
    assert " ".join(started).endswith("-k 10 660 python manage.py migrate_release")
    assert started[started.index("--entrypoint") + 1] == "timeout"


def test_a_job_on_a_node_that_is_down_is_not_waited_for(site, run, swarm):
    """Nobody knows what became of it, and a deploy on the nodes that are left is what is needed now."""
    assert run("setup")[0] == 0
    swarm.nodes.append(copy.deepcopy(swarm.nodes[0]) | {"ID": "failed", "Status": {"State": "down"}})
    swarm.tasks["site_migrate"][0]["NodeID"] = "failed"
    assert migrations.migrate(site, releases.candidate(site, "v2", "site:v2-1", "sha256:0"))
