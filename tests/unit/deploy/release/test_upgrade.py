"""Another major version of PostgreSQL: the order of its steps, and what becomes of the site where one fails."""

import pytest

from ddpt_deploy.release import proxy

PLAN = "Moving 5 rows took 7 s with a copy."


@pytest.fixture
def ready(swarm, run):
    """A site, and PostgreSQL 19 in a registry; return what the jobs of an upgrade ran, in order."""
    assert run("setup")[0] == 0
    swarm.registry["postgres:19-alpine"] = {}
    swarm.logs["site_backup-rehearse"] = f"{PLAN}\n"
    swarm.logs["site_backup-manual"] = "20261126-213952\n"

    def jobs():
        created = [words for words in swarm.commands if words[:2] == ("service", "create")]
        return [
            words[words.index("/opt/backups/upgrade") + 2 :] for words in created if "/opt/backups/upgrade" in words
        ]

    swarm.commands.clear()
    return jobs


def lines(project, name="production"):
    text = (project / f"deployment/{name}.env").read_text()
    return [line for line in text.splitlines() if line.startswith("POSTGRES_IMAGE=")]


def test_database_is_moved_in_maintenance_after_a_rehearsal_beside_the_site(swarm, site, run, ready, project):
    seen = []
    swarm.on_command = lambda words: (
        seen.append((words[words.index("--name") + 1], proxy_is_in_maintenance(swarm)))
        if words[:2] == ("service", "create")
        else None
    )
    status, printed = run("upgrade-postgres", "VERSION=19", "YES=1")
    assert status == 0, printed
    assert ("site_backup-rehearse", False) in seen
    assert ("site_backup-move", True) in seen
    assert not proxy.in_maintenance(site)
    rehearsed, moved = ready()
    # the new version must know the options of the server
    for words, what in ((rehearsed, "rehearse"), (moved, "move")):
        assert words[0] == what
        assert "shared_preload_libraries=pg_stat_statements" in words
    assert swarm.image("site_postgres") == "postgres:19-alpine"
    assert lines(project) == ["POSTGRES_IMAGE=postgres:19-alpine"]
    assert "commit that" in printed
    job = next(words for words in swarm.commands if words[1] == "create" and "site_backup-move" in words)
    assert "type=volume,source=site_postgres,target=/var/lib/postgresql" in job
    assert any(word.startswith("POSTGRES_INITDB_ARGS=") for word in job)
    # status compares with what the file says now
    assert "changed and not applied" not in run("status")[1]


def proxy_is_in_maintenance(swarm):
    return "site_maintenance" in swarm.stored["config"]


def test_nothing_is_moved_without_a_yes(swarm, run, ready, project):
    status, printed = run("upgrade-postgres", "VERSION=19")
    assert status == 1
    assert PLAN in printed
    assert [words[0] for words in ready()] == ["rehearse"]
    assert lines(project) == ["POSTGRES_IMAGE="]


@pytest.mark.parametrize("failed", ["site_backup-move", "site_postgres"])
def test_server_of_before_serves_on_where_a_step_fails(swarm, site, run, ready, project, failed):
    swarm.fate[failed if failed.endswith("move") else (failed, "postgres:19")] = "crashes"
    assert run("upgrade-postgres", "VERSION=19", "YES=1")[0] == 1
    assert ready()[-1][0] == "undo"
    assert swarm.image("site_postgres") == "postgres:18-alpine"
    # which also opens the database to Django again
    assert [words for words in swarm.commands if "site_database" in words]
    assert not proxy.in_maintenance(site)
    assert lines(project) == ["POSTGRES_IMAGE="]
    assert "changed and not applied" not in run("status")[1]


@pytest.mark.parametrize("starts", [True, False])
def test_another_image_is_given_the_files_while_no_server_runs(swarm, run, ready, project, starts):
    swarm.registry["pgvector/pgvector:pg18"] = {}
    if not starts:
        swarm.fate[("site_postgres", "pgvector/pgvector:pg18")] = "crashes"
    replicas = []
    swarm.on_command = lambda words: (
        replicas.append(swarm.services["site_postgres"]["Spec"]["Mode"]["Replicated"]["Replicas"])
        if words[:2] == ("service", "create") and "give" in words
        else None
    )
    status, printed = run("upgrade-postgres", "IMAGE=pgvector/pgvector:pg18", "YES=1")
    assert status == (0 if starts else 1), printed
    assert [words[0] for words in ready()] == ["rehearse", "move", "give", *([] if starts else ["undo", "give"])]
    assert set(replicas) == {0}
    assert swarm.image("site_postgres") == ("pgvector/pgvector:pg18" if starts else "postgres:18-alpine")
    assert lines(project) == ["POSTGRES_IMAGE=" + ("pgvector/pgvector:pg18" if starts else "")]


def test_rehearsal_that_fails_is_the_end(swarm, run, ready):
    swarm.fate["site_backup-rehearse"] = "crashes"
    swarm.logs["site_backup-rehearse"] = (
        "The volume has data of PostgreSQL 19 already.\n→ make upgrade-postgres REMOVE=19\n"
    )
    status, printed = run("upgrade-postgres", "VERSION=19", "YES=1")
    assert status == 1
    assert "→ make upgrade-postgres REMOVE=19" in printed
    assert [words[0] for words in ready()] == ["rehearse"]


def test_version_is_a_number_and_its_image_can_be_had(run, ready):
    for typed, expected in (
        ("", "not a major version"),
        ("nineteen", "not a major version"),
        ("20", "postgres:20-alpine"),
    ):
        status, printed = run("upgrade-postgres", f"VERSION={typed}", "YES=1")
        assert status == 1
        assert expected in printed
    assert "exclude each other" in run("upgrade-postgres", "VERSION=19", "IMAGE=postgres:19-alpine", "YES=1")[1]
    assert ready() == []


def test_data_is_removed_by_the_number_of_its_version(run, ready):
    assert run("upgrade-postgres", "REMOVE=17")[0] == 1
    assert ready() == []
    assert run("upgrade-postgres", "REMOVE=17", "YES=1")[0] == 0
    assert ready() == [("remove", "17")]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("postgres:18-alpine@sha256:" + "0" * 64, "postgres:19-alpine"),
        ("postgres:18.1-alpine", "postgres:19-alpine"),
        ("pgvector/pgvector:pg18", "pgvector/pgvector:pg19"),
        ("localhost:5000/postgis:18-3.6-alpine", "localhost:5000/postgis:19-3.6-alpine"),
    ],
)
def test_image_is_that_of_now_with_another_version(swarm, run, ready, project, image, expected):
    swarm.registry[expected] = {}
    (project / "deployment/staging.env").write_text("STACK_NAME=site\n")
    assert run("upgrade-postgres", "VERSION=19", "YES=1", "ENVIRONMENT=staging", f"POSTGRES_IMAGE={image}")[0] == 0
    assert lines(project, "staging") == [f"POSTGRES_IMAGE={expected}"]
    assert lines(project) == ["POSTGRES_IMAGE="]
