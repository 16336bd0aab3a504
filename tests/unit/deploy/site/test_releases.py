"""The history of releases: which one a rollback goes to, and which migrations lie between."""

import json
from dataclasses import replace

import pytest

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import releases, store
from ddpt_deploy.site.releases import Release


def make(number, version, *, migrations=(), rollback_of=0, **settings):
    return Release(
        version=version,
        image=f"site:{version}",
        digest="sha256:0",
        domain="example.com",
        stacks={},
        environment=settings,
        who="me",
        when="now",
        number=number,
        migrations=list(migrations),
        rollback_of=rollback_of,
    )


A, B, C = make(1, "a", migrations=["x.1"]), make(2, "b", migrations=["x.1"]), make(3, "c", migrations=["x.1", "x.2"])
BACK_TO_B = make(4, "b", migrations=["x.1"], rollback_of=2)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], None),
        ([A], None),
        ([A, B], A),
        ([A, B, C], B),
        # a rollback stands where the release did: another one goes further back, and not forward
        ([A, B, C, BACK_TO_B], A),
        # the same deployed again is no release to go back to, the same version with another setting is
        ([A, B, make(3, "b")], A),
        ([A, B, make(3, "b", LOG_LEVEL="DEBUG")], B),
    ],
)
def test_previous(history, expected):
    assert releases.previous(history) is expected


def test_many_settings_push_out_no_version():
    changed = [make(number, "c", LOG_LEVEL=str(number)) for number in range(3, 9)]
    kept = releases.releases_to_keep([A, B, *changed], 2)
    assert [entry.number for entry in kept] == [2, 7, 8]
    # nor the release that the current one rolled back to
    again = make(9, "a", rollback_of=1)
    assert [entry.number for entry in releases.releases_to_keep([A, B, *changed, again], 2)] == [1, 8, 9]


def test_find():
    assert releases.find([A, B, C, BACK_TO_B], "b") is BACK_TO_B
    with pytest.raises(DeployError, match="make releases"):
        releases.find([A], "z")


def test_records_of_other_versions_of_the_tool():
    old = {
        "version": "a",
        "image": "i",
        "digest": "d",
        "domain": "x",
        "stack": "text",
        "environment": {},
        "restores": 2,
    }
    release = releases.from_record({**old, "number": 3, "what_comes_later": 1})
    assert release.stacks == {"django": "text"}
    assert release.rollback_of == 2
    assert release.number == 3


@pytest.mark.parametrize("command", ["status", "deploy", "rollback", "releases", "deploy-stack"])
def test_a_record_of_a_newer_schema_says_so_and_changes_nothing(swarm, site, run, command):
    assert run("setup")[0] == 0
    [written] = store.read(site, "release")
    newer = {**written, "schema": 99, "number": 2}
    store.create(site, "release", "release_2", json.dumps(newer))
    before = swarm.services["site_django"]
    status, printed = run(command, version="v2")
    assert status == 1
    assert "elease 2 was written by a newer version of the deploy tool" in printed
    assert "update first: git pull" in printed
    assert swarm.services["site_django"] == before
    # what does not need the record is shown all the same
    assert ("django" in printed and "unlocked" in printed) or command != "status"


def test_a_rollback_needs_no_variable_of_another_version_of_the_tool(swarm, site, run):
    file, production = site.folder / "stacks/django.yml", site.folder / "production.env"
    texts = file.read_text(), production.read_text()
    file.write_text(
        texts[0].replace("deploy.release: ${RELEASE}", 'deploy.release: ${RELEASE}\n        x: "${FORMER}"')
    )
    production.write_text(f"{texts[1]}FORMER=3\n")
    assert run("setup")[0] == 0
    file.write_text(texts[0])
    production.write_text(texts[1])
    assert run("deploy", "DJANGO_REPLICAS=3", version="v2")[0] == 0
    status, printed = run("rollback", "DJANGO_REPLICAS=3")
    assert status == 0, printed
    spec = swarm.services["site_django"]["Spec"]
    assert spec["Labels"]["x"] == "3"
    # while sizes stay those of the site
    assert spec["Mode"]["Replicated"]["Replicas"] == 3


def test_rollback_names_the_backup_before_later_migrations():
    recorded = [
        replace(make(number, f"v{number}"), backup=backup)
        for number, backup in enumerate(["", "first", "", "second"], start=1)
    ]
    assert [releases.backup_between(recorded, one) for one in recorded] == ["first", "second", "second", ""]
