-- Runs as PostgreSQL's superuser: ensures that the database with its extensions, the role that owns it, and the role that
-- Django logs in as exist.
-- The latter has a new name for each password, so that both work while one takes over from the other.
-- Safe to repeat. Unless :create says so, no database is created, and one of another site is refused.
SELECT NOT :'create'::boolean AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') AS lost \gset
\if :lost
DO $$ BEGIN RAISE EXCEPTION 'The database of this site is lost.'; END $$;
\endif
SELECT NOT :'create'::boolean AND EXISTS (
  SELECT FROM pg_database JOIN pg_db_role_setting ON setdatabase = pg_database.oid, unnest(setconfig) AS setting
  WHERE datname = :'name' AND setting ~ '^site\.id=' AND setting <> 'site.id=' || :'site'
) AS foreign \gset
\if :foreign
DO $$ BEGIN RAISE EXCEPTION 'The database is that of another site.'; END $$;
\endif
SELECT format('CREATE ROLE %I NOLOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
ALTER DATABASE :"name" SET site.id = :'site';
SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', :'name') \gexec
\connect :name
-- Django's own CreateExtension finds them, and could create only those that PostgreSQL trusts everybody with.
SELECT format('CREATE EXTENSION IF NOT EXISTS %I CASCADE', extension)
FROM regexp_split_to_table(:'extensions', ',') AS extension WHERE extension <> '' \gexec
\set password `cat /run/secrets/DATABASE_PASSWORD`
SET log_min_error_statement = panic; -- no password in the log when something fails
SELECT format('CREATE ROLE %I', :'login') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login') \gexec
ALTER ROLE :"login" LOGIN PASSWORD :'password';
GRANT :"name" TO :"login";
-- what it makes belongs to the owner
ALTER ROLE :"login" SET role = :'name';
-- the superuser's own password may have been changed as well
\set superuser `cat /run/secrets/POSTGRES_PASSWORD`
ALTER ROLE postgres PASSWORD :'superuser';
-- who reads the statistics for Prometheus, and no row of a table
\set monitoring `cat /run/secrets/MONITORING_PASSWORD 2>/dev/null || true`
SELECT :'monitoring' <> '' AS monitored \gset
\if :monitored
SELECT format('CREATE ROLE %I', :'name' || '_monitoring')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name' || '_monitoring') \gexec
SELECT :'name' || '_monitoring' AS reader \gset
ALTER ROLE :"reader" LOGIN PASSWORD :'monitoring' CONNECTION LIMIT 5;
GRANT pg_monitor TO :"reader";
\endif
