"""A backup that is taken under load, read back, rehearsed, and restored after the database was lost."""

import os
import re

import pytest

from support.backups import add_data, dump, lose, psql, uploads
from support.engine import docker
from support.traffic import Traffic

pytestmark = pytest.mark.site


@pytest.fixture
def traffic(site):
    """Load on the site, until the test stops it."""
    traffic = Traffic(site.url, rate=float(os.environ.get("PROOF_RATE", "50")))
    traffic.start()
    yield traffic
    traffic.stop()


def test_lost_database_is_restored_from_backup_taken_under_load(site, traffic):
    add_data(site)
    confirmed = {f"before{number}" for number in range(20)}
    assert {site.ask(f"/proof/{name}/", "POST", b"x").status for name in confirmed} == {201}
    with traffic.watch("backup") as seen:
        site.make("backup")
    assert seen.failures == []
    with traffic.watch("restore drill") as seen:
        printed = site.make("restore-drill", BACKUP="latest")
        assert re.search(r"✓ restore .* rows of \d+ tables, \d+ files", printed)
    assert seen.failures == []
    traffic.stop()
    assert "NOT VERIFIED" not in site.make("backups")
    site.make("backup")
    before, files = dump(site), uploads(site)
    psql(site, "--command", "DROP SCHEMA kinds CASCADE; DELETE FROM proof_entry")
    lose(site, "postgres", "postgres")
    docker("exec", site.containers("django")[0], "sh", "-c", "rm -r /srv/media/*")
    printed = site.make("restore", BACKUP="latest", YES="1")
    assert "✓ smoke-test" in printed
    [kept] = re.findall(r"DROP DATABASE (\w+);", printed)
    assert dump(site) == before
    assert uploads(site) == files
    assert confirmed <= set(site.stored())
    assert site.ask("/proof/after/", "POST", b"x").status == 201
    # the tests that follow need neither
    psql(site, "--command", "DROP SCHEMA kinds CASCADE")
    psql(site, "--command", f"DROP DATABASE {kept}")
