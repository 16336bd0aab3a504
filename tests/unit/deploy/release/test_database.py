"""What is said of a volume of PostgreSQL that does not belong to the site, or sorts text in another way."""

import base64


def test_database_that_is_lost_is_named(swarm, run):
    assert run("setup")[0] == 0
    swarm.fate["site_database"] = "crashes"
    swarm.logs["site_database"] = (
        "psql:/job.sql:7: ERROR:  The database of this site is lost.\n→ make restore, or: make setup NEW_DATABASE=1\n"
    )
    status, printed = run("setup")
    assert status == 1
    assert "make restore" in printed
    # a deploy says it rather than that nobody could log in
    swarm.fate["site_migrate"] = "crashes"
    assert "make setup NEW_DATABASE=1" in run("deploy", version="v2")[1]


def test_other_sort_order_is_named_with_what_mends_it(swarm, run):
    assert run("setup")[0] == 0
    swarm.logs["psql"] = "site (2.36, now 2.41)\n"
    for words in (["status"], ["deploy"], ["deploy-stack", "STACK=postgres"]):
        status, printed = run(*words)
        assert status == 1
        assert "sorts text in another way than the indexes: site (2.36, now 2.41)" in printed
        assert "make reindex" in printed
    swarm.commands.clear()
    assert run("reindex")[0] == 0
    assert any("REINDEX" in base64.b64decode(one["Spec"]["Data"]).decode() for one in swarm.stored["config"].values())
