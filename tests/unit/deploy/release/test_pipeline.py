"""A site through setup, releases and failures, on a swarm in memory: killed at each step, interrupted, hanging."""

import pytest

from ddpt_deploy.errors import Interrupted
from ddpt_deploy.release import hooks, pipeline
from ddpt_deploy.site import lock, releases


def image(swarm):
    """Return the image that Django's service asks for."""
    return swarm.image("site_django")


def version(swarm):
    return image(swarm).split(":")[1].split("-")[0]


def on_record(site):
    return [release.version for release in releases.history(site)]


@pytest.fixture
def set_up(run):
    status, printed = run("setup")
    assert status == 0, printed
    return printed


def test_setup_starts_what_is_needed_before_django(swarm, site, set_up):
    deployed = [
        words[-1] if words[0] == "service" else "stack"
        for words in swarm.commands
        if words[:2] in (("stack", "deploy"), ("service", "create"))
    ]
    assert set(swarm.services) == {
        f"site_{name}" for name in ("backups", "caddy", "django", "migrate", "postgres", "redis", "scheduler")
    }
    names = [line.split()[1] for line in set_up.splitlines() if line.startswith("✓")]
    assert names == [
        "swarm",
        "preflight",
        "backups",
        "caddy",
        "postgres",
        "redis",
        "build",
        "migrate",
        "static",
        "roll",
        "smoke-test",
        "record",
        "prune",
    ]
    # but for the jobs that remove old images and copy the records for the backups
    assert deployed[-3] == "stack"
    assert on_record(site) == ["v1"]
    assert lock.held_by(site) is None


def test_setup_can_be_repeated(swarm, site, run, set_up):
    tasks = {name: len(swarm.tasks[name]) for name in ("site_caddy", "site_postgres", "site_redis")}
    assert run("setup")[0] == 0
    assert {name: len(swarm.tasks[name]) for name in tasks} == tasks
    assert on_record(site) == ["v1", "v1"]


def test_a_release_and_a_rollback(swarm, site, run, set_up):
    assert run("deploy", version="v2")[0] == 0
    assert (version(swarm), on_record(site)) == ("v2", ["v1", "v2"])
    status, printed = run("rollback")
    assert status == 0, printed
    assert (version(swarm), on_record(site)) == ("v1", ["v1", "v2", "v1"])
    assert "There is no release to roll back to" in run("rollback")[1]
    assert run("rollback", "VERSION=v2")[0] == 0
    assert version(swarm) == "v2"


def test_a_rollback_asks_when_the_older_release_does_not_know_a_migration(swarm, run, set_up):
    swarm.logs["site_migrate"] = '{"applied": ["shop.0002_size"], "known": ["shop.0001_initial", "shop.0002_size"]}\n'
    assert run("deploy", version="v2")[0] == 0
    status, printed = run("rollback")
    assert status == 1
    assert "v1 does not know these migrations, which stay: shop.0002_size" in printed
    assert "add YES=1" in printed
    assert version(swarm) == "v2"
    assert run("rollback", "YES=1")[0] == 0
    assert version(swarm) == "v1"
    # forward again, nothing is missing
    assert run("rollback", "VERSION=v2")[0] == 0


def pushed(swarm, version):
    """Return the name of an image that CI has built of a version and pushed."""
    name = f"registry.example.com/shop@sha256:{version}"
    swarm.registry[name] = {"org.opencontainers.image.revision": version}
    return name


def test_a_release_of_an_image_that_was_pushed_is_not_built(swarm, site, run, set_up):
    since = len(swarm.commands)
    status, printed = run("deploy", f"IMAGE={pushed(swarm, 'v2')}", version="v2")
    assert status == 0, printed
    assert (image(swarm), on_record(site)) == (pushed(swarm, "v2"), ["v1", "v2"])
    assert not [words for words in swarm.commands[since:] if words[0] in ("build", "push")]
    # it is pulled again where it is missing
    assert run("rollback")[0] == 0
    swarm.images.discard(pushed(swarm, "v2"))
    assert run("rollback", "VERSION=v2")[0] == 0
    assert image(swarm) == pushed(swarm, "v2")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("registry.example.com/shop:v2", "has no digest"),
        ("registry.example.com/shop@sha256:v3", "is not an image of v2, but of v3"),
        ("registry.example.com/shop@sha256:v4", "no registry answers"),
    ],
)
def test_an_image_that_is_not_of_this_revision_changes_nothing(swarm, site, run, set_up, reference, message):
    pushed(swarm, "v3")
    since = len(swarm.commands)
    status, printed = run("deploy", f"IMAGE={reference}", version="v2")
    assert status == 1
    assert message in printed
    assert on_record(site) == ["v1"]
    assert [words for words in changes(swarm, since) if words[0] not in ("config", "image")] == []


def test_images_that_were_pulled_are_removed_with_their_releases(swarm, site, run, set_up):
    images = [pushed(swarm, f"w{number}") for number in range(6)]
    for number, image in enumerate(images):
        assert run("deploy", f"IMAGE={image}", version=f"w{number}")[0] == 0
    *_, kept, pulled = swarm.pruned
    keep = site.settings.keep_releases + 1
    assert set(images) & set(kept.split()) == {*images[-keep:]}
    assert pulled.split() == [images[-keep - 1]]


def test_images_that_cannot_be_removed_fail_no_release(swarm, site, run, set_up):
    swarm.fate["site_prune-images"] = "crashes"
    status, printed = run("deploy", version="v2")
    assert status == 0
    assert "could not be removed (make prune)" in printed
    assert on_record(site) == ["v1", "v2"]


@pytest.mark.parametrize(("fate", "message"), [("crashes", "did not start"), ("hangs", "timed out after 300 s")])
def test_a_release_that_fails_is_rolled_back(swarm, site, run, set_up, fate, message):
    swarm.fate["site_django", "site:v2"] = fate
    status, printed = run("deploy", version="v2")
    assert status == 1
    assert message in printed
    assert "✓ restore" in printed
    assert (version(swarm), on_record(site)) == ("v1", ["v1"])
    assert lock.held_by(site) is None


@pytest.mark.parametrize(
    ("fate", "message"), [("crashes", "The job site_migrate failed"), ("hangs", "timed out after 600 s")]
)
def test_a_migration_that_fails_or_hangs_changes_nothing(swarm, site, run, set_up, fate, message):
    swarm.fate["site_migrate"] = fate
    before = swarm.services["site_django"]
    status, printed = run("deploy", version="v2")
    assert status == 1
    assert message in printed
    assert swarm.services["site_django"] == before
    # one that hangs is stopped; the log of one that failed stays for make migration-logs
    assert ("site_migrate" in swarm.services) == (fate == "crashes")


class Killed(BaseException):
    """The tool is killed: nothing of it runs any more."""


def killed(*arguments):
    raise Killed


def kill_at(swarm, number):
    """Kill the tool at its command of this number; what it tries after that does not reach the engine."""
    count = [0]

    def on_command(arguments):
        count[0] += 1
        if count[0] >= number:
            raise Killed

    swarm.on_command = on_command


def kill_during_migration(swarm, run):
    """Kill a deploy whose migrations run and do not end; return its job."""
    swarm.fate["site_migrate"] = "hangs"
    swarm.on_tick = lambda: kill_at(swarm, 1)
    with pytest.raises(Killed):
        run("deploy", version="v2")
    swarm.on_tick = lambda: None
    swarm.on_command = lambda arguments: None
    run("unlock")
    return swarm.services["site_migrate"]


def test_a_migration_that_still_runs_is_waited_for(swarm, site, run, set_up, monkeypatch):
    left = kill_during_migration(swarm, run)
    ticks = []

    def end_after_a_while():
        ticks.append(swarm.services["site_migrate"] is left)
        if len(ticks) == 20:
            del swarm.fate["site_migrate"]

    swarm.on_tick = end_after_a_while
    status, printed = run("deploy", version="v3")
    assert status == 0, printed
    assert ticks[:20] == [True] * 20
    assert swarm.services["site_migrate"] is not left
    assert on_record(site) == ["v1", "v3"]


def test_a_migration_that_never_ends_is_named_and_not_removed(swarm, site, run, set_up):
    left = kill_during_migration(swarm, run)
    status, printed = run("deploy", version="v3")
    assert status == 1
    assert "The migrations of another deploy still run after 600 s" in printed
    assert "docker service rm site_migrate" in printed
    assert swarm.services["site_migrate"] is left


def test_a_migration_goes_on_when_the_engine_was_not_reached(swarm, site, run, set_up):
    lost = []

    def reached(arguments):
        if arguments[:2] == ("service", "ps") and arguments[-1] == "site_migrate" and len(lost) < 3:
            lost.append(arguments)
            return False
        return True

    swarm.fate["site_migrate"] = "hangs"
    swarm.on_tick = lambda: setattr(swarm, "reached", reached)
    status, printed = run("deploy", version="v2")
    assert status == 1
    assert "Cannot connect" in printed
    assert len(lost) == 3
    assert "site_migrate" in swarm.services


@pytest.mark.parametrize("step", [step for step in hooks.STEPS if step not in ("push", "pull")])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_deploy_that_is_interrupted(swarm, site, run, set_up, monkeypatch, moment, step):
    """By Ctrl-C at each step: either the old release runs and is on record, or the new one is."""

    def interrupt(site, at, name, version=""):
        if (at, name) == (moment, step):
            raise Interrupted("SIGINT")

    monkeypatch.setattr(hooks, "run", interrupt)
    status, printed = run("deploy", version="v2")
    assert status == 130
    assert "Stopped by SIGINT" in printed
    recorded = on_record(site)
    assert version(swarm) == recorded[-1]
    assert recorded in (["v1"], ["v1", "v2"])
    assert lock.held_by(site) is None
    monkeypatch.setattr(hooks, "run", lambda *arguments: None)
    assert run("deploy", version="v2")[0] == 0
    assert (version(swarm), on_record(site)[-1]) == ("v2", "v2")


def test_a_deploy_that_is_killed_at_each_command(swarm, site, run, set_up):
    """With nothing cleaned up; after make unlock the next deploy always succeeds, and what runs is what is on record."""
    number, killed = 0, True
    while killed:
        number += 7
        kill_at(swarm, number)
        try:
            killed = run("deploy", version=f"v{number}")[0] != 0
        except Killed:
            killed = True
        swarm.on_command = lambda arguments: None
        if killed:
            assert "is locked" in run("deploy", version="other")[1] or lock.held_by(site) is None
            run("unlock")
            status, printed = run("deploy", version=f"w{number}")
            assert status == 0, printed
            assert version(swarm) == on_record(site)[-1] == f"w{number}"
    assert number > 70


def test_two_deploys_at_once(swarm, site, run, set_up):
    lock.acquire(site, "deploy v2")
    status, printed = run("deploy", version="v3")
    assert status == 1
    assert "site is locked by me on " in printed
    assert "make deploy-unlock" in printed
    assert version(swarm) == "v1"


CHANGES = {
    ("build", "--target"),
    ("config", "create"),
    ("config", "rm"),
    ("image", "rm"),
    ("secret", "rm"),
    ("service", "create"),
    ("service", "rm"),
    ("service", "scale"),
    ("stack", "deploy"),
}


def take_over(swarm, site):
    """Unlock the site and lock it for another deploy; return how many commands there were until then."""
    lock.release(site)
    lock.acquire(site, "deploy v3", "token of somebody else")
    return len(swarm.commands)


def changes(swarm, since):
    # that it failed is recorded all the same
    return [words for words in swarm.commands[since:] if words[:2] in CHANGES and "deploy.kind=audit" not in words]


# all but the last: nothing follows it
@pytest.mark.parametrize(
    ("step", "moment"),
    [(step, moment) for step in hooks.STEPS if step not in ("push", "pull") for moment in ("before", "after")][:-1],
)
def test_a_deploy_changes_nothing_once_its_lock_is_released(swarm, site, run, set_up, monkeypatch, moment, step):
    since = []

    def unlock(_, at, name, version=""):
        if (at, name) == (moment, step):
            since.append(take_over(swarm, site))

    monkeypatch.setattr(hooks, "run", unlock)
    status, printed = run("deploy", version="v2")
    assert status == 1
    assert printed.count("Somebody released the lock of this command; site is locked by me on ") == 1
    assert "restore" not in printed
    assert changes(swarm, *since) == []
    assert lock.held_by(site)["what"] == "deploy v3"


def test_a_rollout_that_fails_after_its_lock_was_released_rolls_nothing_back(swarm, site, run, set_up):
    swarm.fate["site_django", "site:v2"] = "hangs"
    since = []

    def unlock():
        if version(swarm) == "v2" and not since:
            since.append(take_over(swarm, site))

    swarm.on_tick = unlock
    status, printed = run("deploy", version="v2")
    assert status == 1
    assert "Somebody released the lock of this command" in printed
    assert "restore" not in printed
    assert changes(swarm, *since) == []


def test_maintenance_does_not_interfere_with_a_deploy(swarm, site, run, set_up):
    lock.acquire(site, "deploy v2", token="of the deploy")
    status, printed = run("maintenance")
    assert status == 1
    assert "site is locked by me on " in printed
    assert not site.labelled("config", "maintenance")


def test_maintenance_is_possible_while_the_site_is_locked_by_hand(site, run, set_up):
    assert run("lock", "MESSAGE=moving the database")[0] == 0
    assert run("maintenance")[0] == 0
    assert site.labelled("config", "maintenance")
    assert lock.held_by(site)["what"] == "moving the database"
    assert run("maintenance", "OFF=1")[0] == 0
    assert not site.labelled("config", "maintenance")


def test_what_runs_and_is_not_on_record_is_said(swarm, site, run, set_up, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(releases, "record", killed)
        patch.setattr(pipeline, "restore", killed)
        with pytest.raises(Killed):
            run("deploy", version="v2")
    run("unlock")
    assert version(swarm) == "v2"
    status, printed = run("deploy-stack")
    assert status == 1
    assert "v2 runs, but is not on record" in printed
    assert run("rollback")[0] == 0
    assert (version(swarm), on_record(site)) == ("v1", ["v1", "v1"])
