"""PostgreSQL moves to the next major version under load, and back; whatever is killed on the way, the site has its database."""

import os
import re
import signal

import pytest

from support.backups import add_data, psql
from support.engine import docker
from support.processes import until
from support.projects import NOTHING
from support.site import Site, set_up
from support.traffic import Traffic

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("major-version")]

FILE = "deployment/production.env"


@pytest.fixture(scope="module")
def site(engine, swarm_lock, tmp_path_factory):
    """A site on PostgreSQL 17, which stores its WAL."""
    settings = {"HTTP_PORT": "10480", "HTTPS_PORT": "10443", "BACKUP_WAL": "yes"}
    site = Site(tmp_path_factory.mktemp("major"), "proof-major", NOTHING, **settings)
    site.add_proof()
    site.edit(FILE, "POSTGRES_IMAGE=\n", "POSTGRES_IMAGE=postgres:17-alpine\n")
    site.commit("PostgreSQL 17")
    with set_up(site, swarm_lock):
        add_data(site)
        yield site


def version(site):
    return psql(site, "--command", "SELECT current_setting('server_version_num')::int / 10000").strip()


def rows(site):
    """Return all rows as SQL, without what each version of pg_dump says of itself."""
    command = ["pg_dump", "--username", "postgres", "--data-only", "--schema", "kinds", site.stack.replace("-", "_")]
    printed = docker("exec", site.containers("postgres")[0], *command)
    return re.sub(r"^(--|SET |\\(un)?restrict ).*\n", "", printed, flags=re.MULTILINE)


def write(site, name):
    assert site.ask(f"/proof/{name}/", "POST", b"x").status == 201


def ranges(site):
    return re.findall(r"^from (\S+ \S+) UTC to (\S+ \S+) UTC", site.attempt("backups")[1], re.MULTILINE)


def clean(site):
    """Have a volume without data of PostgreSQL 18, and a working copy with nothing changed."""
    site.attempt("upgrade-postgres", REMOVE="18", YES="1")
    site.git("checkout", "--quiet", ".")


@pytest.mark.parametrize("killed", ["container", "SIGINT", "SIGKILL"])
def test_upgrade_that_is_killed_leaves_the_database_that_was_there(site, killed):
    write(site, f"before-{killed}")
    before, stored = rows(site), site.stored()
    process = site.start("upgrade-postgres", VERSION="18", YES="1")
    until(lambda: site.containers("backup-move"), 240)
    if killed == "container":
        docker("kill", *site.containers("backup-move"), check=False)
    else:
        os.killpg(process.pid, getattr(signal, killed))
    printed = process.communicate(timeout=300)[0]
    print(printed)
    assert process.returncode
    if killed == "SIGKILL":
        # the program in the swarm goes on, and the same command continues
        assert site.ask("/proof/who/").status == 503
        site.make("deploy-unlock")
        assert version(site) == "17"
        until(lambda: not site.containers("backup-move"), 120)
        site.make("upgrade-postgres", VERSION="18", YES="1")
        site.make("maintenance-off")
        assert version(site) == "18"
    else:
        assert version(site) == "17"
    assert site.ask("/proof/who/").status == 200
    assert rows(site) == before
    assert site.stored() == stored
    write(site, f"after-{killed}")
    if killed == "SIGKILL":
        site.make("upgrade-postgres", VERSION="17", YES="1")
    clean(site)
    assert "changed and not applied" not in site.attempt("status")[1]


def test_database_moves_under_load_and_back(site):
    traffic = Traffic(site.url, rate=float(os.environ.get("PROOF_RATE", "20")))
    traffic.start()
    try:
        before = rows(site)
        with traffic.watch("rehearsal of PostgreSQL 17 to 18") as seen:
            assert "in maintenance for" in site.refuse("upgrade-postgres", VERSION="18")
        assert seen.failures == []
        assert version(site) == "17"
        with traffic.watch("upgrade from PostgreSQL 17 to 18") as seen:
            printed = site.make("upgrade-postgres", VERSION="18", YES="1")
        # the maintenance page, and nothing else
        assert {failure["reason"][:10] for failure in seen.failures} == {"status 503"}
        closed = [failure["time"] for failure in seen.failures]
        print(f"PROOF maintenance of the upgrade: {max(closed) - min(closed):.1f} s")
        print(*re.findall(r"^. (?:rehearsal|move|postgres|smoke-test|backup) .*", printed, re.MULTILINE), sep="\n")
    finally:
        traffic.stop()
    assert version(site) == "18"
    assert rows(site) == before
    assert set(traffic.stored) <= set(site.stored())
    assert len(site.stored()) == len(set(site.stored()))
    assert "POSTGRES_IMAGE=postgres:18-alpine\n" in (site.project / FILE).read_text()
    assert psql(site, "--command", "SELECT count(*) > 0 FROM pg_stats WHERE schemaname = 'kinds'").strip() == "t"
    assert "changed and not applied" not in site.make("status")
    # backups and WAL begin anew with the tools of this version
    until(lambda: ranges(site), 240)
    assert "✓ restore" in site.make("restore-drill")
    # a colleague who has the old image does not get the old data
    assert "make upgrade-postgres VERSION=17" in site.refuse("deploy-postgres", POSTGRES_IMAGE="postgres:17-alpine")
    site.wait_for("postgres", 1)
    write(site, "written-to-18")
    on_18 = set(site.stored())
    assert "What was written since will not be there" in site.refuse("upgrade-postgres", VERSION="17")
    assert "The site uses the data of PostgreSQL 18" in site.refuse("upgrade-postgres", REMOVE="18", YES="1")
    site.make("upgrade-postgres", VERSION="17", YES="1")
    assert version(site) == "17"
    assert rows(site) == before
    # as of the upgrade: what 18 alone has been told is not there, and nothing that it did not have
    assert set(site.stored()) < on_18
    assert "written-to-18" not in site.stored()
    write(site, "written-to-17")
    assert "REMOVE=18" in site.refuse("upgrade-postgres", VERSION="18", YES="1")
    clean(site)


def test_image_of_another_distribution_takes_the_files(site, tmp_path):
    other = f"{site.stack}-other:17"
    user = r"sed -i 's/^postgres:x:[0-9]*/postgres:x:999/' /etc/passwd && chown -R postgres /var/lib/postgresql"
    (tmp_path / "Dockerfile").write_text(f"FROM postgres:17-alpine\nUSER root\nRUN {user}\n")
    docker("build", "--quiet", "--tag", other, tmp_path)
    owner = docker("exec", site.containers("postgres")[0], "id", "-u").strip()
    write(site, "of-both-images")
    before, stored = rows(site), site.stored()
    printed = site.refuse("deploy-postgres", POSTGRES_IMAGE=other)
    assert f"The database belongs to user {owner}, and postgres is 999 in this image." in printed
    assert "make upgrade-postgres IMAGE=" in printed
    site.wait_for("postgres", 1)
    for image, user in ((other, "999"), ("postgres:17-alpine", owner)):
        site.make("upgrade-postgres", IMAGE=image, YES="1")
        assert docker("exec", site.containers("postgres")[0], "id", "-u").strip() == user
        assert rows(site) == before
        assert site.stored() == stored
        write(site, f"as-{user}")
        stored = site.stored()
    # containers that ended still name it
    docker("rmi", "--force", other)


def test_dbstats_says_what_takes_long_without_its_values(site):
    write(site, "a-secret-of-a-user")
    printed = site.make("dbstats")
    assert "kinds.many" in printed
    assert re.search(r"INSERT INTO \"?proof_entry", printed)
    assert "a-secret-of-a-user" not in printed
    assert "of at most" in printed
