-- Prints the sort orders in use whose version is not that of the image: https://www.postgresql.org/docs/current/collation.html
SELECT format('%s (%s, now %s)', name, coalesce(recorded, 'none'), coalesce(actual, 'none')) FROM (
  SELECT datname, datcollversion, pg_database_collation_actual_version(oid)
  FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT collname, collversion, pg_collation_actual_version(oid) FROM pg_collation
  WHERE EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_collation'::regclass AND refobjid = pg_collation.oid)
) AS used (name, recorded, actual)
WHERE recorded IS DISTINCT FROM actual
