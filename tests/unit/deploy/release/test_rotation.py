"""The rotation of each secret: which versions containers have at each moment, and rotations that were interrupted."""

import pytest

from ddpt_deploy.errors import Interrupted
from ddpt_deploy.release import rollout
from ddpt_deploy.site import secrets


@pytest.fixture
def seen(run, swarm, monkeypatch):
    """Set the site up, and note which secrets each service is given from then on."""
    assert run("setup")[0] == 0
    seen = []
    deploy = swarm.deploy

    def note(name, service, stored):
        deploy(name, service, stored)
        files = swarm.services[name]["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
        seen.append((name, {one["File"]["Name"]: secrets.version_of(one["SecretName"]) for one in files}))

    monkeypatch.setattr(swarm, "deploy", note)
    return seen


def given(seen, *names):
    """Return what was given under these names, step by step; the scheduler is given what Django is."""
    services = [(service.removeprefix("site_"), files) for service, files in seen if service != "site_scheduler"]
    return [(service, *(files.get(name) for name in names)) for service, files in services]


def test_secret_key_is_known_to_all_before_it_signs(run, seen):
    assert run("rotate-secret", "NAME=SECRET_KEY")[0] == 0
    assert given(seen, "SECRET_KEY", "SECRET_KEY_FALLBACKS") == [("django", 1, 2), ("django", 2, 1)]


def test_database_password_has_two_roles_meanwhile(run, swarm, seen):
    swarm.commands.clear()
    assert run("rotate-secret", "NAME=DATABASE_PASSWORD")[0] == 0
    assert given(seen, "DATABASE_PASSWORD") == [("django", 2)]
    jobs = [words for words in swarm.commands if words[:2] == ("service", "create")]
    assert ["LOGIN=site_2" in words for words in jobs] == [True, True]
    environment = swarm.services["site_django"]["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert any("site_2@postgres" in line for line in environment)


def test_redis_accepts_both_passwords_meanwhile(run, seen):
    assert run("rotate-secret", "NAME=REDIS_PASSWORD")[0] == 0
    assert given(seen, "REDIS_PASSWORD", "REDIS_PASSWORD_BEFORE") == [
        ("redis", 2, 1),
        ("django", 2, None),
        ("redis", 2, None),
    ]


def test_superuser_password_is_for_the_backups_alone(run, swarm, seen):
    swarm.commands.clear()
    assert run("rotate-secret", "NAME=POSTGRES_PASSWORD")[0] == 0
    assert given(seen, "POSTGRES_PASSWORD") == [("backups", 2)]
    jobs = [" ".join(words) for words in swarm.commands if words[:2] == ("service", "create")]
    assert "source=site_POSTGRES_PASSWORD_1,target=POSTGRES_PASSWORD_1" in jobs[-1]
    assert "source=site_POSTGRES_PASSWORD_2,target=POSTGRES_PASSWORD" in jobs[-1]


def test_key_of_backups_opens_them_before_it_is_used_and_the_old_one_no_longer(run, swarm, site, seen):
    """An interruption at each step leaves a key that the service has and that opens the backups."""
    for broken, used in (("add", 1), ("remove", 2)):
        swarm.fate[f"site_backup-{broken}"] = "crashes"
        assert run("rotate-secret", "NAME=RESTIC_PASSWORD")[0] == 1
        del swarm.fate[f"site_backup-{broken}"]
        assert secrets.version_of(secrets.files(site, "backups")["RESTIC_PASSWORD"]) == used
    swarm.commands.clear()
    assert "make backup-key" in run("rotate-secret", "NAME=RESTIC_PASSWORD")[1]
    added, removed = [words for words in swarm.commands if words[:2] == ("service", "create")]
    assert {
        "source=site_RESTIC_PASSWORD_2,target=RESTIC_PASSWORD",
        "source=site_RESTIC_PASSWORD_3,target=RESTIC_PASSWORD_NEW",
    } < {*added}
    assert {f"source=site_RESTIC_PASSWORD_{version},target=RESTIC_PASSWORD_{version}" for version in (1, 2)} < {
        *removed
    }
    assert "source=site_RESTIC_PASSWORD_3,target=RESTIC_PASSWORD" in removed
    assert [files["RESTIC_PASSWORD"] for service, files in seen if service == "site_backups"] == [2, 3]


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_PASSWORD", "REDIS_PASSWORD"])
def test_an_interrupted_rotation_is_continued(run, site, seen, monkeypatch, name):
    def interrupt(*arguments, **options):
        raise Interrupted("SIGTERM")

    with monkeypatch.context() as patch:
        patch.setattr(rollout, "roll", interrupt)
        assert run("rotate-secret", f"NAME={name}")[0] == 130
    assert secrets.versions(site)[name] == [1, 2]
    # a deploy meanwhile uses what Django uses
    assert run("deploy", version="v2")[0] == 0
    assert dict(seen)["site_django"][name] == 1
    assert "version 2" in run("rotate-secret", f"NAME={name}")[1]
    assert dict(seen)["site_django"][name] == 2
    assert secrets.versions(site)[name] == [1, 2]


def test_a_value_that_cannot_be_generated(run, monkeypatch, seen):
    assert "DDPT_EMAIL_HOST_PASSWORD=... make rotate-secret" in run("rotate-secret", "NAME=EMAIL_HOST_PASSWORD")[1]
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "of-the-shell")
    assert run("rotate-secret", "NAME=EMAIL_HOST_PASSWORD")[0] == 1
    monkeypatch.setenv("DDPT_EMAIL_HOST_PASSWORD", "given")
    status, printed = run("rotate-secret", "NAME=EMAIL_HOST_PASSWORD")
    assert status == 0
    assert "given" not in printed
    assert given(seen, "EMAIL_HOST_PASSWORD") == [("django", 1)]
    assert "There is no secret NONSENSE" in run("rotate-secret", "NAME=NONSENSE")[1]
