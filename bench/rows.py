"""Many rows in the tables of our project."""

from bench.settings import BenchError
from support.services import Postgres

# A tenth of what expires has expired.
EXPIRES = "now() + (CASE WHEN n % 10 = 0 THEN interval '-1 day' ELSE interval '1 day' END)"
FILL = f"""
TRUNCATE users_user, django_session, core_attemptcount CASCADE;
INSERT INTO users_user
    (username, email, name, password, is_superuser, is_staff, is_active, date_joined)
SELECT 'user' || n, 'user' || n || '@example.com', 'First' || n % 1000 || ' Last' || n % 5000, '!', false, false, true,
    now() - n * interval '1 second'
FROM generate_series(1, {{rows}}) AS n;
INSERT INTO django_session (session_key, session_data, expire_date)
SELECT md5(n::text), repeat('s', 200), {EXPIRES} FROM generate_series(1, {{rows}}) AS n;
INSERT INTO core_attemptcount (key, count, expires)
SELECT md5(n::text) || md5((-n)::text), 1, {EXPIRES} FROM generate_series(1, {{rows}}) AS n;
ANALYZE users_user, django_session, core_attemptcount;
"""


def fill(postgres: Postgres, database: str, rows: int) -> None:
    """Replace the users, sessions and counted attempts of a database with a number of made-up ones."""
    done = postgres.run(FILL.format(rows=rows), database=database)
    if done.returncode:
        raise BenchError(f"The tables could not be filled: {done.stderr}")
