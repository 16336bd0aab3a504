"""The lock of a site."""

import pytest

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import lock


def test_only_one_holds_it(site):
    with lock.held(site, "deploy v1"):
        assert lock.describe(lock.held_by(site)).startswith("locked by me on ")
        with (
            pytest.raises(DeployError, match=r"site is locked by me on .*: deploy v1\.\n.*make deploy-unlock"),
            lock.held(site, "x"),
        ):
            pass
        assert lock.held_by(site)["what"] == "deploy v1"
    assert lock.describe(lock.held_by(site)) == "unlocked"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_released_on_every_way_out(site, error):
    with pytest.raises(error), lock.held(site, "deploy"):
        raise error
    assert lock.held_by(site) is None


def test_the_lock_of_somebody_else_is_not_released(site):
    with lock.held(site, "deploy"):
        lock.release(site)
        lock.acquire(site, "moving the database")
    assert lock.held_by(site)["what"] == "moving the database"


def test_commands(run):
    assert run("lock", "MESSAGE=the database moves", "USER=anna")[0] == 0
    assert "locked by anna on " in run("status")[1]
    assert "the database moves" in run("deploy")[1]
    assert "stays locked by anna" in run("unlock", "MINE=1", "USER=ben")[1]
    assert "locked by anna" in run("status")[1]
    assert "Unlocked; it was locked by anna" in run("unlock", "MINE=1", "USER=anna")[1]
    run("lock", "USER=anna")
    assert "Unlocked; it was locked by anna" in run("unlock")[1]
    assert "unlocked already" in run("unlock")[1]
