-- Runs as PostgreSQL's superuser: gives a restored database the name of the site's, whose own becomes another one. Both are
-- renamed, or none. Nobody may be connected to a database that is renamed.
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname IN (:'name', :'restored') AND backend_type = 'client backend' \g /dev/null
BEGIN;
ALTER DATABASE :"name" RENAME TO :"kept";
ALTER DATABASE :"restored" RENAME TO :"name";
ALTER DATABASE :"name" SET site.id = :'site';
COMMIT;
