-- Runs as PostgreSQL's superuser, when the image sorts text in another way than the indexes: rebuilds all indexes of the
-- database, whose tables are locked meanwhile, and records how they are sorted from now on.
\connect :name
REINDEX DATABASE :"name";
-- not ALTER ... REFRESH VERSION, which refuses to go from a C library that has no versions to one that has, or back
UPDATE pg_collation SET collversion = pg_collation_actual_version(oid)
WHERE collversion IS DISTINCT FROM pg_collation_actual_version(oid);
UPDATE pg_database SET datcollversion = pg_database_collation_actual_version(oid) WHERE datname = :'name';
