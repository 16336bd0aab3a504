"""What is said of a volume of PostgreSQL that does not belong to the site."""


def test_database_that_is_lost_is_named(swarm, run):
    assert run("setup")[0] == 0
    swarm.fate["site_database"] = "crashes"
    swarm.logs["site_database"] = "psql:/job.sql:7: ERROR:  The database of this site is lost."
    status, printed = run("setup")
    assert status == 1
    assert "make restore" in printed
    # a deploy says it rather than that nobody could log in
    swarm.fate["site_migrate"] = "crashes"
    assert "make setup NEW_DATABASE=1" in run("deploy", version="v2")[1]
