-- Runs as PostgreSQL's superuser: ensures that the database with its extensions, the role that owns it, and the role that
-- Django logs in as exist.
-- The latter has a new name for each password, so that both work while one takes over from the other.
-- Safe to repeat. Unless :create says so, no database is created, and one of another site is refused.
\set VERBOSITY terse
\set next '\nReleases are on record, and the volume of PostgreSQL does not belong to them. Another node may have the right one: see the nodes with the label data=yes.\n→ make restore, or to begin with what that volume has: make setup NEW_DATABASE=1'
SELECT NOT :'create'::boolean AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') AS lost \gset
\if :lost
SELECT format('DO $$BEGIN RAISE EXCEPTION %L; END$$', 'The database of this site is lost.' || :'next') \gexec
\endif
SELECT NOT :'create'::boolean AND EXISTS (
  SELECT FROM pg_database JOIN pg_db_role_setting ON setdatabase = pg_database.oid, unnest(setconfig) AS setting
  WHERE datname = :'name' AND setting ~ '^site\.id=' AND setting <> 'site.id=' || :'site'
) AS foreign \gset
\if :foreign
SELECT format('DO $$BEGIN RAISE EXCEPTION %L; END$$', 'The database is that of another site.' || :'next') \gexec
\endif
SELECT format('CREATE ROLE %I NOLOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
ALTER DATABASE :"name" SET site.id = :'site';
-- an upgrade to another version that went wrong may have closed it (backups/upgrade)
ALTER DATABASE :"name" CONNECTION LIMIT -1;
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
