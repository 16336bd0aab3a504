"""Backing services that do not start."""

import pytest

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backing_services, rollout
from ddpt_deploy.site import releases, stacks


@pytest.mark.parametrize(
    ("recorded", "command"), [([], "make stack-rm EVERYTHING=1"), ([1], "docker volume rm site_p")]
)
def test_an_interrupted_first_start_is_said_with_what_to_type(site, monkeypatch, recorded, command):
    def fail(*_, **__):
        raise DeployError("It did not start.", cause="The first start of PostgreSQL was interrupted: incomplete.")

    monkeypatch.setattr(rollout, "apply", fail)
    monkeypatch.setattr(releases, "history", lambda site: recorded)
    with pytest.raises(DeployError, match=f"volume site_postgres incomplete(.|\\n)*→ .*{command}"):
        backing_services.apply(site, stacks.get(site, "postgres"))
