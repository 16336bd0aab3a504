-- Prints how many indexes, constraints, functions and so on a database has, without those of extensions, and with :hold where each
-- sequence is, so that a copy can be compared beyond the rows of its tables (checksums.sql).
WITH schema AS (
  SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), extension AS (
  SELECT objid AS oid FROM pg_depend WHERE deptype = 'e'
), relation AS (
  SELECT pg_class.oid, relkind FROM pg_class LEFT JOIN pg_index ON indexrelid = pg_class.oid
  -- pg_dump leaves out an index that is invalid
  WHERE relnamespace IN (TABLE schema) AND coalesce(indrelid, pg_class.oid) NOT IN (TABLE extension) AND indisvalid IS NOT FALSE
)
SELECT 'relations of kind ' || relkind::text, count(*) FROM relation GROUP BY relkind
UNION ALL
-- those that are NOT NULL are constraints since PostgreSQL 18
SELECT 'constraints of kind ' || contype::text, count(*) FROM pg_constraint
WHERE connamespace IN (TABLE schema) AND contype <> 'n' AND conparentid = 0 AND conrelid NOT IN (TABLE extension) GROUP BY contype
UNION ALL
SELECT 'functions', count(*) FROM pg_proc WHERE pronamespace IN (TABLE schema) AND oid NOT IN (TABLE extension)
UNION ALL
SELECT 'triggers', count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0 AND oid NOT IN (TABLE extension)
UNION ALL
SELECT 'policies', count(*) FROM pg_policy
UNION ALL
SELECT 'extension ' || extname, 1 FROM pg_extension
UNION ALL
SELECT format('sequence %I.%I at %s', schemaname, sequencename, last_value), 1 FROM pg_sequences WHERE :'hold'::boolean
ORDER BY 1;
